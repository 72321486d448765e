import { type MinorUnits, minor, smaller } from '../money.ts';
import { type Pool, type PoolShardRow, type PoolShare, ROOT, shardNames } from './pool.ts';

/** The most rows that pay one debit: a transaction has 100 rows, and a row 5 KB of shares. */
const MOST_SHARES = 90;

/** What a process knows of a pool: a reason to try a row, never one to refuse. */
export type PoolKnowledge = {
  readonly shards: number;
  /** What a shard can pay as far as is known, in minor units: nothing while it is closed. Undefined: not known. */
  readonly canPay: (shard: string) => bigint | undefined;
  /** Lost to another transaction a moment ago. */
  readonly isContended: (shard: string) => boolean;
  /** From 0 up to 1, without 1. */
  readonly random: () => number;
};

/** Any of them. @throws RangeError where there is none. */
function anyOf<Item>(items: readonly Item[], random: () => number): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError('nothing to choose from');
  return item;
}

/** Those that were not lost a moment ago; all of them where each was. */
function calm<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { isContended }: PoolKnowledge,
): readonly Item[] {
  const free = items.filter((item) => !isContended(nameOf(item)));
  return free.length > 0 ? free : items;
}

/** The row that a debit of `amount` minor units looks at first: a shard that may pay it, else the root. */
export function firstChoice(known: PoolKnowledge, amount: MinorUnits): string {
  const able = shardNames(known.shards).filter((shard) => {
    const most = known.canPay(shard);
    return most === undefined || most >= amount;
  });
  return able.length === 0 ? ROOT : anyOf(calm(able, String, known), known.random);
}

export type DebitPlan =
  | { readonly kind: 'shares'; readonly shares: readonly PoolShare[] }
  /** Exact: the root's own row proves it. */
  | { readonly kind: 'short' }
  /** Into the root first: it is too small for what is usually drawn, or there are too many to draw on at once. */
  | { readonly kind: 'close'; readonly shard: PoolShardRow }
  /** The rows have too little together. They were read one by one, so only a snapshot can prove it. */
  | { readonly kind: 'confirm' };

/**
 * The root's own row proves that the pool cannot pay: all shards are closed, so that they hold nothing, and
 * the root has less (aws-facts, design b: the certificate).
 */
export const cannotPay = ({ root }: Pick<Pool, 'root'>, amount: MinorUnits): boolean =>
  root.closed === root.shards && root.available < amount;

/**
 * How to pay `amount` minor units from rows that were just read. One row where one can; then the small shards
 * are closed into the root one by one, rather than that every debit composes all of them at the end of the
 * money; then several shares.
 * @param low below it, an open shard is too small for what is usually drawn, in minor units.
 */
export function planDebit(
  pool: Pool,
  amount: MinorUnits,
  low: bigint,
  known: PoolKnowledge,
): DebitPlan {
  const { root } = pool;
  if (cannotPay(pool, amount)) return { kind: 'short' };
  const open = pool.shards.filter((each) => each.open);
  const one = (rows: readonly PoolShardRow[]): PoolShardRow =>
    anyOf(
      calm(rows, ({ shard }) => shard, known),
      known.random,
    );
  const able = open.filter(({ available }) => available >= amount);
  if (able.length > 0) return { kind: 'shares', shares: [{ shard: one(able).shard, amount }] };
  if (root.available >= amount) return { kind: 'shares', shares: [{ shard: ROOT, amount }] };
  // None has the amount, so all are small. For a large one, many would have to close, one try after the other.
  if (amount < low && open.length > 0) return { kind: 'close', shard: one(open) };
  return compose(pool, open, amount);
}

type Holder = { readonly shard: string; readonly holds: bigint };
const largestFirst = (a: Holder, b: Holder): number => (a.holds < b.holds ? 1 : -1);

/** As many rows as it takes, the largest first. */
function compose({ root }: Pool, open: readonly PoolShardRow[], amount: MinorUnits): DebitPlan {
  const holders = open.map((each) => ({ shard: each.shard, holds: each.available }));
  const rows = [...holders, { shard: ROOT, holds: root.available }].toSorted(largestFirst);
  if (rows.reduce((sum, { holds }) => sum + holds, 0n) < amount) return { kind: 'confirm' };
  let rest: bigint = amount;
  const shares = rows.slice(0, MOST_SHARES).flatMap(({ shard, holds }) => {
    const part = smaller(holds, rest);
    rest -= part;
    return part === 0n ? [] : [{ shard, amount: minor(part) }];
  });
  if (rest === 0n) return { kind: 'shares', shares };
  // More than 90 rows hold something, so that a shard is among the first two.
  const largest = rows.find(({ shard }) => shard !== ROOT)?.shard;
  const closing = open.find(({ shard }) => shard === largest);
  if (closing === undefined) throw new Error('only the root is open, and it is not enough');
  return { kind: 'close', shard: closing };
}
