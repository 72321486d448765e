import type { z } from 'zod';
import { busyMerchantsFrom } from '../ledger/busy/open-busy.ts';
import { ledgerFrom } from '../ledger/context.ts';
import { sqsClient } from '../platform/clients.ts';
import type { recoverEnv } from '../platform/env.ts';
import { sendPayout, sendPool } from './queues.ts';
import { recover } from './recover.ts';

/** Recovery with the queues of its environment. */
export function recoverFrom(env: z.output<typeof recoverEnv>) {
  const sqs = sqsClient();
  const ledger = ledgerFrom(env);
  return recover({
    ledger,
    busy: busyMerchantsFrom(ledger, sqs, env),
    settle: sendPayout(sqs, env.PAYOUT_QUEUE_URL),
    execute: sendPayout(sqs, env.SCHEDULE_QUEUE_URL),
    rebalance: sendPool(sqs, env.POOL_QUEUE_URL),
    againAfterMs: env.RECOVER_AGAIN_MS,
  });
}
