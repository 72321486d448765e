import {
  ActionAfterCompletion,
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  FlexibleTimeWindowMode,
  ResourceNotFoundException,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { log } from '../platform/logger.ts';
import type { PayoutMessage } from './settle-rule.ts';

export type ScheduleTarget = {
  readonly group: string;
  readonly queueArn: string;
  readonly deadLetterArn: string;
  /** The role in which EventBridge Scheduler sends to these queues. */
  readonly roleArn: string;
};

/** A time that passes while the schedule is created may be refused, or never fire. */
const SOONEST_MS = 60_000;

/** Whole seconds, in UTC, rounded up: never before the time itself. */
function atExpression(executeAt: string, now: Date): string {
  const at = Math.max(Date.parse(executeAt), now.getTime() + SOONEST_MS);
  const seconds = Math.ceil(at / 1_000);
  return `at(${new Date(seconds * 1_000).toISOString().slice(0, 19)})`;
}

/**
 * One schedule for each withdrawal, under its id: creating it twice is harmless (WD-2). A schedule that
 * cannot be created does not stop the payouts behind it in the stream: the failure is logged, and recovery
 * executes the withdrawal two minutes after its time.
 */
export const createSchedule =
  (scheduler: SchedulerClient, target: ScheduleTarget, now: () => Date) =>
  async (message: PayoutMessage, executeAt: string): Promise<void> => {
    const schedule = new CreateScheduleCommand({
      GroupName: target.group,
      Name: message.txnId,
      ScheduleExpression: atExpression(executeAt, now()),
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: FlexibleTimeWindowMode.OFF },
      // Schedules that have fired would otherwise count against the quota.
      ActionAfterCompletion: ActionAfterCompletion.DELETE,
      Target: {
        Arn: target.queueArn,
        RoleArn: target.roleArn,
        Input: JSON.stringify(message),
        DeadLetterConfig: { Arn: target.deadLetterArn },
      },
    });
    await attempt(message, ConflictException, scheduler.send(schedule));
  };

/** Of a cancelled withdrawal. A schedule that remains, and fires, changes nothing. */
export const deleteSchedule =
  (scheduler: SchedulerClient, { group }: Pick<ScheduleTarget, 'group'>) =>
  async (message: PayoutMessage): Promise<void> => {
    const schedule = new DeleteScheduleCommand({ GroupName: group, Name: message.txnId });
    await attempt(message, ResourceNotFoundException, scheduler.send(schedule));
  };

type Already = typeof ConflictException | typeof ResourceNotFoundException;
async function attempt(
  { txnId }: PayoutMessage,
  already: Already,
  sending: Promise<unknown>,
): Promise<void> {
  try {
    await sending;
  } catch (error) {
    if (!(error instanceof already)) log('error', 'SCHEDULE_FAILED', { txn: txnId }, error);
  }
}
