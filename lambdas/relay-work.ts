import { createSchedule, deleteSchedule } from './queue/schedules.ts';
import { sendWithdrawal } from './queue/withdrawal-queue.ts';
import { streamFunction } from './runtime/batch.ts';
import { schedulerClient, sqsClient } from './runtime/clients.ts';
import { readEnv, relayEnv } from './runtime/env.ts';
import { relayWork } from './stream/relay-work.ts';

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
