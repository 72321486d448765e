import { sendWithdrawal } from '../payouts/payout-queue.ts';
import { relayWork } from '../payouts/relay.ts';
import { createSchedule, deleteSchedule } from '../payouts/schedules.ts';
import { streamFunction } from '../platform/batch.ts';
import { schedulerClient, sqsClient } from '../platform/clients.ts';
import { readEnv, relayEnv } from '../platform/env.ts';

const env = readEnv(relayEnv);
const scheduler = schedulerClient();
const target = {
  group: env.SCHEDULE_GROUP,
  dueQueueArn: env.DUE_QUEUE_ARN,
  parkedQueueArn: env.DUE_DLQ_ARN,
  roleArn: env.SCHEDULE_ROLE_ARN,
};

export const handler = streamFunction(
  relayWork({
    settle: sendWithdrawal(sqsClient(), env.SETTLEMENT_QUEUE_URL),
    schedule: createSchedule(scheduler, target, () => new Date()),
    unschedule: deleteSchedule(scheduler, target),
  }),
);
