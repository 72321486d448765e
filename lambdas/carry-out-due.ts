import { carryOutDue } from './queue/carry-out-due.ts';
import { dueMessage } from './queue/due-message.ts';
import { postpone } from './queue/withdrawal-queue.ts';
import { queueFunction } from './runtime/batch.ts';
import { dynamoClient, sqsClient } from './runtime/clients.ts';
import { carryOutEnv, readEnv } from './runtime/env.ts';
import { openLedger } from './store/ledger.ts';

const env = readEnv(carryOutEnv);
const ledger = openLedger(dynamoClient(), env.LEDGER_TABLE);

export const handler = queueFunction(
  dueMessage(
    carryOutDue({ ledger, now: () => new Date() }),
    postpone(sqsClient(), env.DUE_QUEUE_URL),
  ),
);
