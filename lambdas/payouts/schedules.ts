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

/** The longest delay of a message in SQS. */
const MOST_DELAY_MS = 900_000;
/** Scheduler fires within the minute of a time. Its message is then postponed to the second. */
const FIRES_EARLY_MS = 60_000;

/** How a withdrawal's message gets to the schedule queue in time. */
export type Ways = {
  /** By a delay of at most 900 seconds. */
  readonly soon: (message: PayoutMessage, delaySeconds: number) => Promise<void>;
  readonly far: (message: PayoutMessage, executeAt: string) => Promise<void>;
};

/**
 * Sends the message of a scheduled withdrawal so that it arrives at or just before its time (WD-2): within 15
 * minutes by its own delay, later by a schedule.
 */
export const scheduleExecution =
  ({ soon, far }: Ways, now: () => Date) =>
  async (message: PayoutMessage, executeAt: string): Promise<void> => {
    const aheadMs = Date.parse(executeAt) - now().getTime();
    if (aheadMs > MOST_DELAY_MS) return far(message, executeAt);
    return soon(message, Math.max(0, Math.floor(aheadMs / 1_000)));
  };

/** Whole seconds, in UTC. */
function atExpression(executeAt: string): string {
  const firesAt = new Date(Date.parse(executeAt) - FIRES_EARLY_MS);
  return `at(${firesAt.toISOString().slice(0, 19)})`;
}

/**
 * One schedule for each withdrawal, under its id: creating it twice is harmless (WD-2). A schedule that
 * cannot be created does not stop the payouts behind it in the stream: the failure is logged, and recovery
 * executes the withdrawal one minute after its time.
 */
export const createSchedule =
  (scheduler: SchedulerClient, target: ScheduleTarget) =>
  async (message: PayoutMessage, executeAt: string): Promise<void> => {
    const schedule = new CreateScheduleCommand({
      GroupName: target.group,
      Name: message.txnId,
      ScheduleExpression: atExpression(executeAt),
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

/** Of a cancelled withdrawal, if it has one. A schedule or message that remains changes nothing. */
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
