import type { SQSRecord } from 'aws-lambda';
import { RetryLater } from '../platform/batch.ts';
import { HELD_SECONDS } from './settle.ts';
import { type MessageOutcome, type PayoutMessage, payoutMessage } from './settle-rule.ts';

/** A message is deleted only when its payout is final. Otherwise the queue delivers it again. */
export const settleMessage =
  (
    settle: (message: PayoutMessage) => Promise<MessageOutcome>,
    postpone: (receiptHandle: string, seconds: number) => Promise<void>,
  ) =>
  async (record: SQSRecord): Promise<void> => {
    const outcome = await settle(payoutMessage.parse(JSON.parse(record.body)));
    if (outcome === 'done') return;
    if (outcome === 'held') await postpone(record.receiptHandle, HELD_SECONDS);
    throw new RetryLater(outcome);
  };
