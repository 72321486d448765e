import { sweep } from './queue/sweep.ts';
import { sendWithdrawal } from './queue/withdrawal-queue.ts';
import { timedFunction } from './runtime/batch.ts';
import { dynamoClient, sqsClient } from './runtime/clients.ts';
import { readEnv, sweepEnv } from './runtime/env.ts';
import { openLedger } from './store/ledger.ts';

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
