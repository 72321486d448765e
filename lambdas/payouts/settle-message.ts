import type { SQSRecord } from 'aws-lambda';
import { RetryLater } from '../platform/batch.ts';
import { HELD_SECONDS, type Verdict } from './settle.ts';
import { type WithdrawalMessage, withdrawalMessage } from './settle-rule.ts';

/** A message is deleted only when its withdrawal is final; whatever else happens, it comes again. */
export const settleMessage =
  (
    settle: (message: WithdrawalMessage) => Promise<Verdict>,
    postpone: (receiptHandle: string, seconds: number) => Promise<void>,
  ) =>
  async (record: SQSRecord): Promise<void> => {
    const verdict = await settle(withdrawalMessage.parse(JSON.parse(record.body)));
    if (verdict === 'done') return;
    if (verdict === 'held') await postpone(record.receiptHandle, HELD_SECONDS);
    throw new RetryLater(verdict);
  };
