import type { z } from 'zod';
import { ledgerFrom } from '../ledger/context.ts';
import { sqsClient } from '../platform/clients.ts';
import type { recoverEnv } from '../platform/env.ts';
import { sendPayout, sendPool } from './queues.ts';
import { recover } from './recover.ts';

/** Recovery with the queues of its environment. */
export function recoverFrom(env: z.output<typeof recoverEnv>) {
  const sqs = sqsClient();
  return recover({
    ledger: ledgerFrom(env),
    settle: sendPayout(sqs, env.PAYOUT_QUEUE_URL),
    execute: sendPayout(sqs, env.SCHEDULE_QUEUE_URL),
    rebalance: sendPool(sqs, env.POOL_QUEUE_URL),
    againAfterMs: env.RECOVER_AGAIN_MS,
  });
}
