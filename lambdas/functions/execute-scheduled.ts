import { openLedger } from '../ledger/table.ts';
import { carryOutDue } from '../payouts/execute-scheduled.ts';
import { postpone } from '../payouts/payout-queue.ts';
import { dueMessage } from '../payouts/schedule-message.ts';
import { queueFunction } from '../platform/batch.ts';
import { dynamoClient, sqsClient } from '../platform/clients.ts';
import { carryOutEnv, readEnv } from '../platform/env.ts';

const env = readEnv(carryOutEnv);
const ledger = openLedger(dynamoClient(), env.LEDGER_TABLE);

export const handler = queueFunction(
  dueMessage(
    carryOutDue({ ledger, now: () => new Date() }),
    postpone(sqsClient(), env.DUE_QUEUE_URL),
  ),
);
