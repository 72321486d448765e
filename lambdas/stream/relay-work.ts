import type { DynamoDBRecord } from 'aws-lambda';
import * as z from 'zod';
import type { SettlementMessage } from '../domain/settlement.ts';

/** Of a row's image, marshalled as the stream brings it, what tells whether settlement has work. */
const text = z.object({ S: z.string() }).transform(({ S }) => S);
const image = z.object({
  type: z.object({ S: z.literal('withdrawal') }),
  status: text,
  merchantId: text,
  txnId: text,
});

/**
 * What a change of the Ledger asks of settlement, or nothing: only a withdrawal that is new as PENDING,
 * or has just become due. One that goes back to PENDING after a try still has its message.
 */
export function messageFor({ eventName, dynamodb }: DynamoDBRecord): SettlementMessage | undefined {
  const after = image.safeParse(dynamodb?.NewImage).data;
  if (after?.status !== 'PENDING') return undefined;
  const isNew = eventName === 'INSERT';
  const isDue =
    eventName === 'MODIFY' && image.safeParse(dynamodb?.OldImage).data?.status === 'SCHEDULED';
  return isNew || isDue ? { merchantId: after.merchantId, txnId: after.txnId } : undefined;
}

/** Forwards it. Sending twice is harmless: settlement claims a withdrawal, not a message. */
export const relayWork =
  (send: (message: SettlementMessage) => Promise<void>) =>
  async (record: DynamoDBRecord): Promise<void> => {
    const message = messageFor(record);
    if (message !== undefined) await send(message);
  };
