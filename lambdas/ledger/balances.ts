import * as z from 'zod';
import { type Currency, currencyCode, type MinorUnits, minor, minorUnits } from './money.ts';
import type { Change, Guard, RowRef } from './row-writes.ts';

/** Set by every write of a balance row, so that a manual edit is visible. */
const lastChange = {
  /** Raised by one in every write. */
  version: z.bigint(),
  /** The transactions and phases of the last change, as `txnId:phase`. */
  by: z.array(z.string()),
};

/** A merchant's credit in one currency, in minor units. `available` is computed, never stored. */
export const creditRow = z.object({
  currency: currencyCode,
  limit: minorUnits,
  utilised: minorUnits,
  ...lastChange,
});
export type CreditLine = z.infer<typeof creditRow>;

export const creditAvailable = ({
  limit,
  utilised,
}: Pick<CreditLine, 'limit' | 'utilised'>): bigint => (limit > utilised ? limit - utilised : 0n);

export const walletRow = z.object({
  currency: currencyCode,
  available: minorUnits,
  pending: minorUnits,
  /** Set when its merchant is archived. Only a refund or a return may credit it afterwards. */
  closed: z.boolean().optional(),
  ...lastChange,
});
export type Wallet = z.infer<typeof walletRow>;

/** The pool's root row. `lent` is what merchants owe the pool. */
export const poolRow = z.object({
  currency: currencyCode,
  available: minorUnits,
  lent: minorUnits,
  ...lastChange,
});
export type PoolRow = z.infer<typeof poolRow>;

/** The part of an amount that one row of the pool pays or receives. */
export const poolShare = z.object({ shard: z.string(), amount: minorUnits });
export type PoolShare = z.infer<typeof poolShare>;

/** The one row that every pool has; top-ups go there. */
export const ROOT = 'ROOT';
export const toRoot = (amount: MinorUnits): readonly PoolShare[] => [{ shard: ROOT, amount }];

/** The shares that make up `amount`, the first ones in full. */
export function partOf(shares: readonly PoolShare[], amount: MinorUnits): readonly PoolShare[] {
  let rest: bigint = amount;
  return shares.flatMap((share) => {
    const part = share.amount < rest ? share.amount : minor(rest);
    rest -= part;
    return part === 0n ? [] : [{ shard: share.shard, amount: part }];
  });
}

/** What the pool as a whole can do: these shares can pay, no combination can, or it is not known. */
export type PoolOffer =
  | { readonly kind: 'shares'; readonly shares: readonly PoolShare[] }
  | { readonly kind: 'short' }
  | { readonly kind: 'retry' };

const walletOf = (merchantId: string, currency: Currency): RowRef => ({
  kind: 'wallet',
  merchantId,
  currency,
});
const creditOf = (merchantId: string, currency: Currency): RowRef => ({
  kind: 'credit',
  merchantId,
  currency,
});

/** A wallet starts with what the postings of the same transaction bring. Its merchant's row counts it. */
export const openWallet = (merchantId: string, currency: Currency): readonly Change[] => [
  { row: walletOf(merchantId, currency), conditions: [], put: { currency } },
  { row: { kind: 'merchant', merchantId }, conditions: [], add: { wallets: 1n } },
];

/** Closes a wallet for good, while it is empty. */
export const closeWallet = (merchantId: string, currency: Currency): Change => ({
  row: walletOf(merchantId, currency),
  conditions: [
    { must: 'equal', path: 'available', value: 0n },
    { must: 'equal', path: 'pending', value: 0n },
  ],
  set: { closed: true },
});

/** A credit line with a limit in minor units. */
export const openCreditLine = (
  merchantId: string,
  currency: Currency,
  limit: MinorUnits,
): Change => ({
  row: creditOf(merchantId, currency),
  conditions: [],
  put: { currency, limit },
});

/** What is utilised is still what was read: a refund that was split on it would otherwise be wrong. */
export const utilisedAsRead = (
  merchantId: string,
  { currency, utilised }: Pick<CreditLine, 'currency' | 'utilised'>,
): Guard => ({
  row: creditOf(merchantId, currency),
  conditions: [{ must: 'equal', path: 'utilised', value: utilised }],
});

/** The root of a currency's pool. It has no shards yet. */
export const openPool = (currency: Currency): Change => ({
  row: { kind: 'pool', currency, shard: ROOT },
  conditions: [],
  put: { currency, closed: 0n, shards: 0n },
});
