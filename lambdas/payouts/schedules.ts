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
import type { WithdrawalMessage } from './settle-rule.ts';

export type ScheduleTarget = {
  readonly group: string;
  readonly dueQueueArn: string;
  readonly parkedQueueArn: string;
  /** The role in which EventBridge Scheduler sends to these queues. */
  readonly roleArn: string;
};

/** A time that passes while the schedule is being made may be refused, or never fire. */
const SOONEST_MS = 60_000;

/** Whole seconds, in UTC, rounded up: never before the time itself. */
function atExpression(executeAt: string, now: Date): string {
  const at = Math.max(Date.parse(executeAt), now.getTime() + SOONEST_MS);
  const seconds = Math.ceil(at / 1_000);
  return `at(${new Date(seconds * 1_000).toISOString().slice(0, 19)})`;
}

/**
 * One schedule for each withdrawal, under its id: made twice, it is still one (WD-2). A schedule that
 * cannot be made is told and let go: it must not hold up the payouts behind it in the stream, and the
 * sweep carries out two minutes late what nobody fires.
 */
export const createSchedule =
  (scheduler: SchedulerClient, target: ScheduleTarget, now: () => Date) =>
  async (message: WithdrawalMessage, executeAt: string): Promise<void> => {
    const schedule = new CreateScheduleCommand({
      GroupName: target.group,
      Name: message.txnId,
      ScheduleExpression: atExpression(executeAt, now()),
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: FlexibleTimeWindowMode.OFF },
      // What has fired would otherwise count against the quota for ever.
      ActionAfterCompletion: ActionAfterCompletion.DELETE,
      Target: {
        Arn: target.dueQueueArn,
        RoleArn: target.roleArn,
        Input: JSON.stringify(message),
        DeadLetterConfig: { Arn: target.parkedQueueArn },
      },
    });
    await attempt(message, ConflictException, scheduler.send(schedule));
  };

/** Of a cancelled withdrawal. One that is left, and fires, changes nothing. */
export const deleteSchedule =
  (scheduler: SchedulerClient, { group }: Pick<ScheduleTarget, 'group'>) =>
  async (message: WithdrawalMessage): Promise<void> => {
    const schedule = new DeleteScheduleCommand({ GroupName: group, Name: message.txnId });
    await attempt(message, ResourceNotFoundException, scheduler.send(schedule));
  };

type Already = typeof ConflictException | typeof ResourceNotFoundException;
async function attempt(
  { txnId }: WithdrawalMessage,
  already: Already,
  sending: Promise<unknown>,
): Promise<void> {
  try {
    await sending;
  } catch (error) {
    if (!(error instanceof already)) log('error', 'SCHEDULE_FAILED', { txn: txnId }, error);
  }
}
