import type { SQSRecord } from 'aws-lambda';
import { RetryLater } from '../platform/batch.ts';
import type { ScheduleOutcome } from './execute-scheduled.ts';
import { type PayoutMessage, payoutMessage } from './settle-rule.ts';

/** The longest that a message is postponed at a time. */
const MOST_SECONDS = 900;
/** Sooner than the queue's visibility timeout: contention should not delay a withdrawal by minutes. */
const AGAIN_SECONDS = 30;

/**
 * A message is deleted once its withdrawal is executed, failed or cancelled. One that is too early (a
 * schedule is exact to the minute, and clocks differ) is postponed to its time.
 */
export const scheduleMessage =
  (
    execute: (message: PayoutMessage) => Promise<ScheduleOutcome>,
    postpone: (receiptHandle: string, seconds: number) => Promise<void>,
  ) =>
  async (record: SQSRecord): Promise<void> => {
    const outcome = await execute(payoutMessage.parse(JSON.parse(record.body)));
    if (outcome.kind === 'done') return;
    const seconds = outcome.kind === 'early' ? Math.ceil(outcome.byMs / 1_000) : AGAIN_SECONDS;
    await postpone(record.receiptHandle, Math.min(seconds, MOST_SECONDS));
    throw new RetryLater(outcome.kind);
  };
