import type { SQSRecord } from 'aws-lambda';
import { type WithdrawalMessage, withdrawalMessage } from '../domain/settlement.ts';
import { RetryLater } from '../runtime/batch.ts';

/** A message is deleted once its withdrawal is carried out, has failed, or was cancelled. */
export const dueMessage =
  (carryOut: (message: WithdrawalMessage) => Promise<'done' | 'again'>) =>
  async (record: SQSRecord): Promise<void> => {
    const verdict = await carryOut(withdrawalMessage.parse(JSON.parse(record.body)));
    if (verdict === 'again') throw new RetryLater(verdict);
  };
