import type { SQSRecord } from 'aws-lambda';
import { RetryLater } from '../platform/batch.ts';
import type { Pacing } from '../platform/retry.ts';
import type { ScheduleOutcome } from './execute-scheduled.ts';
import { type PayoutMessage, payoutMessage } from './settle-rule.ts';

/** The longest that a message is postponed at a time. */
const MOST_SECONDS = 900;
/** Sooner than the queue's visibility timeout: contention should not delay a withdrawal by minutes. */
const AGAIN_SECONDS = 30;
/** SQS postpones by whole seconds. What is left is waited for here. */
const WAITED_FOR_MS = 1_000;

/**
 * A message is deleted once its withdrawal is executed, failed or cancelled. One that is too early (a
 * schedule fires up to a minute early, and a delay is in whole seconds) is postponed to the second before its
 * time, and waits for the rest. After the wait its row is read again: it may be cancelled by then.
 */
export const scheduleMessage =
  (
    execute: (message: PayoutMessage) => Promise<ScheduleOutcome>,
    postpone: (receiptHandle: string, seconds: number) => Promise<void>,
    { pause }: Pick<Pacing, 'pause'>,
  ) =>
  async (record: SQSRecord): Promise<void> => {
    const message = payoutMessage.parse(JSON.parse(record.body));
    let outcome = await execute(message);
    // More than once: a timer may end a millisecond before the clock has moved on by as much.
    while (outcome.kind === 'early' && outcome.byMs < WAITED_FOR_MS) {
      await pause(outcome.byMs);
      outcome = await execute(message);
    }
    if (outcome.kind === 'done') return;
    const seconds = outcome.kind === 'early' ? Math.floor(outcome.byMs / 1_000) : AGAIN_SECONDS;
    await postpone(record.receiptHandle, Math.min(seconds, MOST_SECONDS));
    throw new RetryLater(outcome.kind);
  };
