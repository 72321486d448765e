import * as z from 'zod';
import { lastChange } from '../balances.ts';
import {
  type Currency,
  currencyCode,
  type MinorUnits,
  minor,
  minorUnits,
  smaller,
} from '../money.ts';
import type { Change, RowRef } from '../row-writes.ts';

/** What every row of a pool has. */
const poolRow = {
  currency: currencyCode,
  available: minorUnits,
  /** What merchants owe this row. Negative where more came back to it than it lent: only the sum counts. */
  lent: minorUnits,
  /** Conflicts that were met on this row, by those who committed on it later. */
  conflicts: z.bigint(),
  ...lastChange,
};
const count = z.bigint().transform(Number);

/** The one row that every pool has. What comes in goes there, and the rest of each closed shard. */
export const poolRoot = z.object({
  ...poolRow,
  /** How many shards there are, and how many of them are closed. */
  shards: count,
  closed: count,
  /** How many shards an admin wants. */
  targetShards: count,
  /** In minor units: an open shard with less is closed by a debit that it cannot pay. Zero: not known yet. */
  low: minorUnits,
});
export type PoolRoot = z.infer<typeof poolRoot>;

/** A shard pays and receives while it is open. A closed one holds nothing. */
export const poolShardRow = z.object({ ...poolRow, open: z.boolean() });
export type PoolShardRow = z.infer<typeof poolShardRow> & { readonly shard: string };

/** A pool's rows. They are a snapshot only where they were read as one. */
export type Pool = {
  readonly root: PoolRoot;
  /** In the order of their names. */
  readonly shards: readonly PoolShardRow[];
};

/** What all rows hold together, in minor units. */
export const sumOfRows = ({ root, shards }: Pool): bigint =>
  shards.reduce<bigint>((sum, { available }) => sum + available, root.available);

export const ROOT = 'ROOT';
/** The row that pays is chosen later. Never written. */
export const ANY_SHARD = 'ANY';
/** With the root, one TransactGetItems reads them all. */
export const MOST_SHARDS = 96;
export const shardNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => String(index));

/** The part of an amount that one row of the pool pays or receives. */
export type PoolShare = {
  readonly shard: string;
  readonly amount: MinorUnits;
  /** Conflicts that this process has met on the row since it last committed on it. */
  readonly conflicts?: bigint;
};
export const toRoot = (amount: MinorUnits): readonly PoolShare[] => [{ shard: ROOT, amount }];

/** The shares that make up `amount`, the first ones in full. */
export function partOf(shares: readonly PoolShare[], amount: MinorUnits): readonly PoolShare[] {
  let rest: bigint = amount;
  return shares.flatMap((share) => {
    const part = minor(smaller(share.amount, rest));
    rest -= part;
    return part === 0n ? [] : [{ shard: share.shard, amount: part }];
  });
}

/** A transaction on more rows of a busy pool would lose one of them nearly every time. */
const MOST_RETURNED = 8;

/**
 * The shares as they return: to the shards that are open, and to the root what other shards have paid. What many
 * rows have paid returns to the root alone.
 */
export function returnedTo(
  open: ReadonlySet<string>,
  shares: readonly PoolShare[],
): readonly PoolShare[] {
  const sums = new Map<string, bigint>();
  const areMany = shares.length > MOST_RETURNED;
  for (const { shard, amount } of shares) {
    const to = open.has(shard) && !areMany ? shard : ROOT;
    sums.set(to, (sums.get(to) ?? 0n) + amount);
  }
  return [...sums].map(([shard, amount]) => ({ shard, amount: minor(amount) }));
}

/** An open shard with less than `low` minor units, too little for what is usually drawn. */
export type SmallShard = { readonly shard: PoolShardRow; readonly low: bigint };

/** What the pool as a whole can do: these shares can pay, no combination can, or it is not known. */
export type PoolOffer = (
  | { readonly kind: 'shares'; readonly shares: readonly PoolShare[] }
  | { readonly kind: 'short' }
  | { readonly kind: 'retry' }
) & {
  /** Met on the way. Whoever draws on the pool closes it first. */
  readonly small?: SmallShard;
};

export const poolRowOf = (currency: Currency, shard: string): RowRef => ({
  kind: 'pool',
  currency,
  shard,
});

/** A pool starts as its root. The rebalancer adds the shards that it is to have. */
export const openPool = (currency: Currency, targetShards: number): Change => ({
  row: poolRowOf(currency, ROOT),
  conditions: [],
  put: {
    currency,
    shards: 0n,
    closed: 0n,
    targetShards: BigInt(targetShards),
    low: 0n,
    conflicts: 0n,
  },
});

/** A change of the shards alone, which the rebalancer carries out. */
export const wantShards = (currency: Currency, targetShards: number): Change => ({
  row: poolRowOf(currency, ROOT),
  conditions: [{ must: 'exist' }],
  set: { targetShards: BigInt(targetShards) },
});

/** What travels to the rebalancer: which pool to look at. Its rows decide everything else. */
export const poolMessage = z.object({ currency: currencyCode });
export type PoolMessage = z.infer<typeof poolMessage>;
