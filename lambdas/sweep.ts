import { sendSettlement } from './queue/settlement-queue.ts';
import { sweep } from './queue/sweep.ts';
import { timedFunction } from './runtime/batch.ts';
import { dynamoClient, sqsClient } from './runtime/clients.ts';
import { readEnv, sweepEnv } from './runtime/env.ts';
import { openLedger } from './store/ledger.ts';

const env = readEnv(sweepEnv);

export const handler = timedFunction(
  sweep({
    ledger: openLedger(dynamoClient(), env.LEDGER_TABLE),
    send: sendSettlement(sqsClient(), env.SETTLEMENT_QUEUE_URL),
    now: () => new Date(),
    againAfterMs: env.SWEEP_AGAIN_MS,
  }),
);
