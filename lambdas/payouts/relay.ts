import type { DynamoDBRecord } from 'aws-lambda';
import * as z from 'zod';
import { currencyCode } from '../ledger/money.ts';
import type { PoolMessage } from '../ledger/pool/pool.ts';
import { callsForRebalance } from '../ledger/pool/rebalance-plan.ts';
import { log } from '../platform/logger.ts';
import type { PayoutMessage } from './settle-rule.ts';

/** The part of a row's image, marshalled as the stream delivers it, that tells whether there is work. */
const text = z.object({ S: z.string() }).transform(({ S }) => S);
const image = z.object({
  /** Only a transaction with a payout has work for a provider. */
  payout: z.object({ M: z.object({ provider: text }) }),
  status: text,
  merchantId: text,
  txnId: text,
  executeAt: text.optional(),
});

const units = z.object({ N: z.string() }).transform(({ N }) => BigInt(N));
const count = units.transform(Number);
/** The root of a pool; a shard has no number of shards. */
const rootImage = z.object({
  currency: text.pipe(currencyCode),
  available: units,
  low: units,
  shards: count,
  closed: count,
  targetShards: count,
});

export type Work =
  | { readonly do: 'settle' | 'unschedule'; readonly message: PayoutMessage }
  | { readonly do: 'schedule'; readonly message: PayoutMessage; readonly executeAt: string }
  | { readonly do: 'rebalance'; readonly message: PoolMessage };

/**
 * What a change of the Ledger asks for, or nothing. A pool's root may call for the rebalancer. Only a payout
 * that is new as PENDING, or goes from SCHEDULED to PENDING, is sent to settlement: one that returns to
 * PENDING still has its message.
 */
export const workFor = (record: DynamoDBRecord): Work | undefined =>
  payoutWork(record) ?? poolWork(record);

function poolWork({ dynamodb }: DynamoDBRecord): Work | undefined {
  const after = rootImage.safeParse(dynamodb?.NewImage).data;
  if (after === undefined) return undefined;
  const before = rootImage.safeParse(dynamodb?.OldImage).data;
  const message = { currency: after.currency };
  return callsForRebalance(after, before) ? { do: 'rebalance', message } : undefined;
}

function payoutWork({ eventName, dynamodb }: DynamoDBRecord): Work | undefined {
  const after = image.safeParse(dynamodb?.NewImage).data;
  if (after === undefined) return undefined;
  const { status, executeAt, merchantId, txnId } = after;
  const message = { merchantId, txnId };
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
  readonly settle: (message: PayoutMessage) => Promise<void>;
  readonly schedule: (message: PayoutMessage, executeAt: string) => Promise<void>;
  readonly unschedule: (message: PayoutMessage) => Promise<void>;
  readonly rebalance: (message: PoolMessage) => Promise<void>;
};

/**
 * Forwards the work. Twice is harmless: a payout is claimed or executed by its row and scheduled under its id,
 * and a pool that is level stays as it is.
 */
export const relay =
  (relays: Relays) =>
  async (record: DynamoDBRecord): Promise<void> => {
    const work = workFor(record);
    switch (work?.do) {
      case 'settle':
      case 'unschedule':
        return relays[work.do](work.message);
      case 'schedule':
        return relays.schedule(work.message, work.executeAt);
      case 'rebalance':
        // Recovery sends the same every minute. Payouts may not wait behind it.
        return relays
          .rebalance(work.message)
          .catch((error: unknown) => log('error', 'RECORD_FAILED', work.message, error));
      case undefined:
    }
  };
