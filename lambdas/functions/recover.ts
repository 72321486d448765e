import { openLedger } from '../ledger/table.ts';
import { sendWithdrawal } from '../payouts/payout-queue.ts';
import { sweep } from '../payouts/recover.ts';
import { timedFunction } from '../platform/batch.ts';
import { dynamoClient, sqsClient } from '../platform/clients.ts';
import { readEnv, sweepEnv } from '../platform/env.ts';

const env = readEnv(sweepEnv);
const sqs = sqsClient();

export const handler = timedFunction(
  sweep({
    ledger: openLedger(dynamoClient(), env.LEDGER_TABLE),
    settle: sendWithdrawal(sqs, env.SETTLEMENT_QUEUE_URL),
    carryOut: sendWithdrawal(sqs, env.DUE_QUEUE_URL),
    now: () => new Date(),
    againAfterMs: env.SWEEP_AGAIN_MS,
  }),
);
