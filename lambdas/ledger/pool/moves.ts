import type { Effects } from '../decision.ts';
import { type Currency, type MinorUnits, minor } from '../money.ts';
import { type Posting, poolAvailable, poolLent, postingsIn } from '../postings.ts';
import type { Change } from '../row-writes.ts';
import { type PoolRoot, type PoolShardRow, poolRowOf, ROOT, shardNames } from './pool.ts';

/**
 * Money that moves within a pool, and shards that open and close with it. Each is one transaction of its own
 * that leaves the pool's sums as they are, so that making it twice does no harm.
 */
export type PoolMove = Pick<Effects, 'postings' | 'changes'> & {
  readonly currency: Currency;
  /** The row whose version, as it was read, names the transaction. */
  readonly of: { readonly shard: string; readonly version: bigint };
  /** What moves, in minor units. */
  readonly amount: MinorUnits;
};

const between = (
  currency: Currency,
  from: string,
  to: string,
  amount: MinorUnits,
): readonly Posting[] =>
  postingsIn(currency, [
    poolAvailable([{ shard: from, amount }]),
    poolAvailable([{ shard: to, amount }]),
    amount,
  ]);

const ofRoot = ({ version }: PoolRoot) => ({ shard: ROOT, version });

/** Closes a shard: what it has goes to the root, all of it. `low` minor units are what the root remembers. */
export function closing(shard: PoolShardRow, low: MinorUnits): PoolMove {
  const { currency, available } = shard;
  return {
    currency,
    of: shard,
    amount: available,
    postings: between(currency, shard.shard, ROOT, available),
    changes: [
      emptied(shard),
      {
        row: poolRowOf(currency, ROOT),
        conditions: [],
        add: { closed: 1n },
        ...(low > 0n && { set: { low } }),
      },
    ],
  };
}

/** Nothing stays behind in a shard that closes: the root's count of closed shards proves that they are empty. */
const emptied = ({ currency, shard, available }: PoolShardRow): Change => ({
  row: poolRowOf(currency, shard),
  conditions: [
    { must: 'equal', path: 'open', value: true },
    { must: 'equal', path: 'available', value: available },
  ],
  set: { open: false },
});

/** Adds to it, whatever it holds: nothing ever sets a balance. */
const opened = ({ currency, shard }: PoolShardRow): Change => ({
  row: poolRowOf(currency, shard),
  conditions: [{ must: 'equal', path: 'open', value: false }],
  set: { open: true },
});

/** So many shards fewer are closed, while the pool has as many shards as it had: a retired one stays closed. */
const fewerClosed = ({ currency, shards }: PoolRoot, opening: number): Change => ({
  row: poolRowOf(currency, ROOT),
  conditions: [
    { must: 'equal', path: 'shards', value: BigInt(shards) },
    { must: 'be at least', path: 'closed', value: BigInt(opening) },
  ],
  add: { closed: BigInt(-opening) },
});

/** From the root to shards, the same amount to each where they are closed; those open. */
export function filling(
  root: PoolRoot,
  shares: readonly { readonly shard: PoolShardRow; readonly amount: MinorUnits }[],
): PoolMove {
  const { currency } = root;
  const closed = shares.filter(({ shard }) => !shard.open);
  return {
    currency,
    of: ofRoot(root),
    amount: minor(shares.reduce((sum, { amount }) => sum + amount, 0n)),
    postings: shares.flatMap(({ shard, amount }) => between(currency, ROOT, shard.shard, amount)),
    changes: [
      ...closed.map(({ shard }) => opened(shard)),
      ...(closed.length > 0 ? [fewerClosed(root, closed.length)] : []),
    ],
  };
}

/** From one open shard to another shard, which opens if it is closed. */
export function levelling(
  root: PoolRoot,
  from: PoolShardRow,
  to: PoolShardRow,
  amount: MinorUnits,
): PoolMove {
  const { currency } = root;
  return {
    currency,
    of: from,
    amount,
    postings: between(currency, from.shard, to.shard, amount),
    changes: to.open ? [] : [opened(to), fewerClosed(root, 1)],
  };
}

/** More shards: they are closed and empty. A row of an earlier shard is still there and goes on. */
export function growing(root: PoolRoot, to: number, existing: ReadonlySet<string>): PoolMove {
  const { currency, shards } = root;
  const missing = shardNames(to).filter((shard) => !existing.has(shard));
  return {
    currency,
    of: ofRoot(root),
    amount: minor(0n),
    postings: [],
    changes: [
      {
        row: poolRowOf(currency, ROOT),
        conditions: [{ must: 'equal', path: 'shards', value: BigInt(shards) }],
        set: { shards: BigInt(to) },
        add: { closed: BigInt(to - shards) },
      },
      ...missing.map((shard) => ({
        row: poolRowOf(currency, shard),
        conditions: [],
        put: { currency, open: false, conflicts: 0n },
      })),
    ],
  };
}

/** One shard less, the last one: it closes, and what it has and has lent goes to the root. Its row stays. */
export function retiring(root: PoolRoot, last: PoolShardRow): PoolMove {
  const { currency, shards } = root;
  const { shard, available, lent, open } = last;
  const lentBy = (name: string, amount: MinorUnits) => poolLent([{ shard: name, amount }]);
  // The attribute is minus the account's balance: what the shard has lent falls where the account rises.
  const owed = minor(lent < 0n ? -lent : lent);
  const [source, destination] = lent < 0n ? [shard, ROOT] : [ROOT, shard];
  return {
    currency,
    of: last,
    amount: available,
    postings: [
      ...between(currency, shard, ROOT, available),
      ...postingsIn(currency, [lentBy(source, owed), lentBy(destination, owed), owed]),
    ],
    changes: [
      {
        row: poolRowOf(currency, shard),
        conditions: [
          { must: 'equal', path: 'open', value: open },
          { must: 'equal', path: 'available', value: available },
          { must: 'equal', path: 'lent', value: lent },
        ],
        set: { open: false },
      },
      {
        row: poolRowOf(currency, ROOT),
        conditions: [{ must: 'equal', path: 'shards', value: BigInt(shards) }],
        set: { shards: BigInt(shards - 1) },
        add: { closed: open ? 0n : -1n },
      },
    ],
  };
}
