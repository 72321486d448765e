import type { SQSRecord } from 'aws-lambda';
import { RetryLater } from '../platform/batch.ts';
import type { DueVerdict } from './execute-scheduled.ts';
import { type WithdrawalMessage, withdrawalMessage } from './settle-rule.ts';

/** The longest that a message is put off at a time. */
const MOST_SECONDS = 900;
/** Sooner than the queue would have it: a busy merchant's withdrawal should not be minutes late. */
const AGAIN_SECONDS = 30;

/**
 * A message is deleted once its withdrawal is carried out, has failed, or was cancelled. One that came
 * too early (a schedule is exact to the minute, and clocks differ) comes again at its time.
 */
export const dueMessage =
  (
    carryOut: (message: WithdrawalMessage) => Promise<DueVerdict>,
    postpone: (receiptHandle: string, seconds: number) => Promise<void>,
  ) =>
  async (record: SQSRecord): Promise<void> => {
    const verdict = await carryOut(withdrawalMessage.parse(JSON.parse(record.body)));
    if (verdict.kind === 'done') return;
    const seconds = verdict.kind === 'early' ? Math.ceil(verdict.byMs / 1_000) : AGAIN_SECONDS;
    await postpone(record.receiptHandle, Math.min(seconds, MOST_SECONDS));
    throw new RetryLater(verdict.kind);
  };
