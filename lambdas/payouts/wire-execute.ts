import type { z } from 'zod';
import { busyMerchantsFrom } from '../ledger/busy/open-busy.ts';
import { ledgerFrom } from '../ledger/context.ts';
import { sqsClient } from '../platform/clients.ts';
import type { executeScheduledEnv } from '../platform/env.ts';
import { postpone } from '../platform/queue.ts';
import { executeScheduled } from './execute-scheduled.ts';
import { scheduleMessage } from './schedule-message.ts';

/** The execution of scheduled withdrawals with the queues of its environment. */
export function executeScheduledFrom(env: z.output<typeof executeScheduledEnv>) {
  const ledger = ledgerFrom(env);
  const sqs = sqsClient();
  const busy = busyMerchantsFrom(ledger, sqs, env);
  return scheduleMessage(
    executeScheduled({ ledger, busy, checkMarginMs: env.CHECK_MARGIN_MS }),
    postpone(sqs, env.SCHEDULE_QUEUE_URL),
    ledger.pacing,
  );
}
