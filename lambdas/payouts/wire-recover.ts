import type { z } from 'zod';
import { openLedger } from '../ledger/context.ts';
import { dynamoClient, sqsClient } from '../platform/clients.ts';
import type { recoverEnv } from '../platform/env.ts';
import { pacing } from '../platform/retry.ts';
import { sendPayout } from './payout-queue.ts';
import { recover } from './recover.ts';

/** Recovery with the queues of its environment. */
export function recoverFrom(env: z.output<typeof recoverEnv>) {
  const sqs = sqsClient();
  return recover({
    ledger: openLedger(dynamoClient(), env.LEDGER_TABLE, pacing(env.DEADLINE_MS)),
    settle: sendPayout(sqs, env.PAYOUT_QUEUE_URL),
    execute: sendPayout(sqs, env.SCHEDULE_QUEUE_URL),
    againAfterMs: env.RECOVER_AGAIN_MS,
  });
}
