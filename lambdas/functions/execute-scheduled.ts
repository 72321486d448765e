import { busyMerchantsFrom } from '../ledger/busy/open-busy.ts';
import { ledgerFrom } from '../ledger/context.ts';
import { executeScheduled } from '../payouts/execute-scheduled.ts';
import { scheduleMessage } from '../payouts/schedule-message.ts';
import { queueFunction } from '../platform/batch.ts';
import { sqsClient } from '../platform/clients.ts';
import { executeScheduledEnv, readEnv } from '../platform/env.ts';
import { postpone } from '../platform/queue.ts';

const env = readEnv(executeScheduledEnv);
const ledger = ledgerFrom(env);
const busy = busyMerchantsFrom(ledger, env);
const execute = executeScheduled({ ledger, busy, checkMarginMs: env.CHECK_MARGIN_MS });
const postponed = postpone(sqsClient(), env.SCHEDULE_QUEUE_URL);

export const handler = queueFunction(scheduleMessage(execute, postponed));
