import { ledgerFrom } from '../ledger/context.ts';
import { executeScheduled } from '../payouts/execute-scheduled.ts';
import { postpone } from '../payouts/queues.ts';
import { scheduleMessage } from '../payouts/schedule-message.ts';
import { queueFunction } from '../platform/batch.ts';
import { sqsClient } from '../platform/clients.ts';
import { executeScheduledEnv, readEnv } from '../platform/env.ts';

const env = readEnv(executeScheduledEnv);
const execute = executeScheduled(ledgerFrom(env), env.CHECK_MARGIN_MS);
const postponed = postpone(sqsClient(), env.SCHEDULE_QUEUE_URL);

export const handler = queueFunction(scheduleMessage(execute, postponed));
