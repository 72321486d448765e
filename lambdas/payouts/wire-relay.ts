import type { z } from 'zod';
import { schedulerClient, sqsClient } from '../platform/clients.ts';
import type { relayEnv } from '../platform/env.ts';
import { sendPayout, sendPool } from './queues.ts';
import { relay } from './relay.ts';
import { createSchedule, deleteSchedule, scheduleExecution } from './schedules.ts';

/** The relay with the queues and the schedules of its environment. */
export function relayFrom(env: z.output<typeof relayEnv>) {
  const scheduler = schedulerClient();
  const sqs = sqsClient();
  const target = {
    group: env.SCHEDULE_GROUP,
    queueArn: env.SCHEDULE_QUEUE_ARN,
    deadLetterArn: env.SCHEDULE_DLQ_ARN,
    roleArn: env.SCHEDULE_ROLE_ARN,
  };
  const ways = {
    soon: sendPayout(sqs, env.SCHEDULE_QUEUE_URL),
    far: createSchedule(scheduler, target),
  };
  return relay({
    settle: sendPayout(sqs, env.PAYOUT_QUEUE_URL),
    rebalance: sendPool(sqs, env.POOL_QUEUE_URL),
    schedule: scheduleExecution(ways, () => new Date()),
    unschedule: deleteSchedule(scheduler, target),
  });
}
