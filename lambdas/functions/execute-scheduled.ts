import { openLedger } from '../ledger/context.ts';
import { executeScheduled } from '../payouts/execute-scheduled.ts';
import { postpone } from '../payouts/payout-queue.ts';
import { scheduleMessage } from '../payouts/schedule-message.ts';
import { queueFunction } from '../platform/batch.ts';
import { dynamoClient, sqsClient } from '../platform/clients.ts';
import { executeScheduledEnv, readEnv } from '../platform/env.ts';
import { pacing } from '../platform/retry.ts';

const env = readEnv(executeScheduledEnv);
const execute = executeScheduled(
  openLedger(dynamoClient(), env.LEDGER_TABLE, pacing(env.DEADLINE_MS)),
  env.CHECK_MARGIN_MS,
);
const postponed = postpone(sqsClient(), env.SCHEDULE_QUEUE_URL);

export const handler = queueFunction(scheduleMessage(execute, postponed));
