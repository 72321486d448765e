import type { DynamoDBRecord } from 'aws-lambda';
import * as z from 'zod';
import type { WithdrawalMessage } from './settle-rule.ts';

/** Of a row's image, marshalled as the stream brings it, what tells whether there is work. */
const text = z.object({ S: z.string() }).transform(({ S }) => S);
const image = z.object({
  type: z.object({ S: z.literal('withdrawal') }),
  status: text,
  merchantId: text,
  txnId: text,
  executeAt: text.optional(),
});

export type Work = {
  readonly message: WithdrawalMessage;
} & (
  | { readonly do: 'settle' | 'unschedule' }
  | { readonly do: 'schedule'; readonly executeAt: string }
);

/**
 * What a change of the Ledger asks for, or nothing. To settlement goes only a withdrawal that is new as
 * PENDING, or has just become due: one that goes back to PENDING after a try still has its message.
 */
export function workFor({ eventName, dynamodb }: DynamoDBRecord): Work | undefined {
  const after = image.safeParse(dynamodb?.NewImage).data;
  if (after === undefined) return undefined;
  const { status, executeAt } = after;
  const message = { merchantId: after.merchantId, txnId: after.txnId };
  if (eventName === 'INSERT') {
    if (status === 'PENDING') return { do: 'settle', message };
    if (status === 'SCHEDULED' && executeAt !== undefined) {
      return { do: 'schedule', message, executeAt };
    }
  }
  const before = eventName === 'MODIFY' ? image.safeParse(dynamodb?.OldImage).data : undefined;
  if (before?.status !== 'SCHEDULED') return undefined;
  if (status === 'PENDING') return { do: 'settle', message };
  return status === 'CANCELLED' ? { do: 'unschedule', message } : undefined;
}

export type Relays = {
  readonly settle: (message: WithdrawalMessage) => Promise<void>;
  readonly schedule: (message: WithdrawalMessage, executeAt: string) => Promise<void>;
  readonly unschedule: (message: WithdrawalMessage) => Promise<void>;
};

/** Passes it on. Twice is harmless: each withdrawal is claimed by its row, and scheduled under its id. */
export const relayWork =
  (relays: Relays) =>
  async (record: DynamoDBRecord): Promise<void> => {
    const work = workFor(record);
    switch (work?.do) {
      case 'settle':
      case 'unschedule':
        return relays[work.do](work.message);
      case 'schedule':
        return relays.schedule(work.message, work.executeAt);
      case undefined:
    }
  };
