import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nameOf, type Row, type Rows } from '../../../lambdas/ledger/apply.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import {
  closing,
  filling,
  growing,
  levelling,
  type PoolMove,
  retiring,
} from '../../../lambdas/ledger/pool/moves.ts';
import {
  type Pool,
  type PoolShardRow,
  poolRowOf,
  ROOT,
} from '../../../lambdas/ledger/pool/pool.ts';
import { anyMove } from '../../harness/any-move.ts';
import { USD } from '../../harness/in-memory-ledger.ts';
import {
  afterMove,
  applyMove,
  existingIn,
  falseIn,
  poolIn,
  poolOf,
  pools,
  retiredAfter,
  rowsOfPool,
  sumsIn,
} from '../../harness/pools.ts';

const rowName = (shard: string): string => nameOf(poolRowOf(USD, shard));
/** The rows after another transaction has changed one of them. */
const changed = (rows: Rows, shard: string, by: Row): Rows =>
  new Map([...rows, [rowName(shard), { ...rows.get(rowName(shard)), ...by }]]);
const shardOf = ({ shards }: Pool, index: number): PoolShardRow => {
  const shard = shards[index];
  if (shard === undefined) throw new Error(`no shard ${index}`);
  return shard;
};
const last = (pool: Pool): PoolShardRow => shardOf(pool, pool.shards.length - 1);
const heldBy = (rows: Rows) => {
  const { root, shards } = poolIn(rows);
  return {
    root: root.available,
    closed: root.closed,
    shards: shards.map(({ open, available }) => (open ? available : 'closed')),
  };
};

const grow = (pool: Pool, to: number): PoolMove =>
  growing(pool.root, to, existingIn(rowsOfPool(pool)));
const fill = (pool: Pool, amount: bigint, ...indexes: readonly number[]): PoolMove =>
  filling(
    pool.root,
    indexes.map((index) => ({ shard: shardOf(pool, index), amount: minor(amount) })),
  );
const level = (pool: Pool, from: number, to: number, amount: bigint): PoolMove =>
  levelling(pool.root, shardOf(pool, from), shardOf(pool, to), minor(amount));

describe('CR-1: money moves within a pool', () => {
  const pool = poolOf(1_000n, [70n, 'closed', 5n, 'closed']);
  const moved = (move: PoolMove) => heldBy(afterMove(rowsOfPool(pool), move));

  it('a shard that closes leaves everything to the root, and the root counts it', () => {
    expect(moved(closing(shardOf(pool, 0), minor(0n)))).toEqual({
      root: 1_070n,
      closed: 3,
      shards: ['closed', 'closed', 5n, 'closed'],
    });
  });

  it('an empty shard closes too', () => {
    const empty = poolOf(9n, [0n]);
    const rows = afterMove(rowsOfPool(empty), closing(shardOf(empty, 0), minor(0n)));
    expect(heldBy(rows)).toEqual({ root: 9n, closed: 1, shards: ['closed'] });
  });

  it('the root remembers what was too small, unless nothing is known', () => {
    const lowAfter = (low: bigint) => {
      const known = poolOf(0n, [70n], { low: minor(33n) });
      const rows = afterMove(rowsOfPool(known), closing(shardOf(known, 0), minor(low)));
      return poolIn(rows).root.low;
    };
    expect([lowAfter(0n), lowAfter(50n)]).toEqual([33n, 50n]);
  });

  it('closed shards open with what the root gives them; an open one gets more', () => {
    expect(moved(fill(pool, 200n, 1, 3))).toEqual({
      root: 600n,
      closed: 0,
      shards: [70n, 200n, 5n, 200n],
    });
    expect(moved(fill(pool, 200n, 2, 1))).toMatchObject({
      closed: 1,
      shards: [70n, 200n, 205n, 'closed'],
    });
    expect(moved(fill(pool, 200n, 0))).toMatchObject({ root: 800n, closed: 2 });
  });

  it('one shard gives to another, which opens if it is closed', () => {
    expect(moved(level(pool, 0, 2, 30n))).toEqual({
      root: 1_000n,
      closed: 2,
      shards: [40n, 'closed', 35n, 'closed'],
    });
    expect(moved(level(pool, 0, 3, 70n))).toEqual({
      root: 1_000n,
      closed: 1,
      shards: [0n, 'closed', 5n, 70n],
    });
  });

  it('new shards are closed and empty', () => {
    expect(moved(grow(pool, 6))).toEqual({
      root: 1_000n,
      closed: 4,
      shards: [70n, 'closed', 5n, 'closed', 'closed', 'closed'],
    });
    expect(grow(pool, 6).changes.slice(1)).toEqual(
      ['4', '5'].map((shard) => ({
        row: { kind: 'pool', currency: USD, shard },
        conditions: [],
        put: { currency: USD, open: false, conflicts: 0n },
      })),
    );
  });

  it('the last shard retires: what it has and has lent goes to the root, and its row stays', () => {
    for (const [lent, open] of [
      [40n, true],
      [-40n, true],
      [0n, true],
      [40n, false],
      [-40n, false],
    ] as const) {
      const available = minor(open ? 7n : 0n);
      const before = poolOf(100n, [1n, { available, lent: minor(lent), open }], {
        lent: minor(9n),
      });
      const rows = afterMove(rowsOfPool(before), retiring(before.root, last(before)));
      const { root, shards } = poolIn(rows);
      expect([root.shards, root.closed, shards.length]).toEqual([1, 0, 1]);
      expect([root.available, root.lent]).toEqual([100n + available, 9n + lent]);
      expect(rows.get(rowName('1'))).toMatchObject({ open: false, available: 0n, lent: 0n });
    }
  });

  it('a retired shard is used again: its row goes on with its version', () => {
    const retired = rowsOfPool(pool, retiredAfter(pool, 1));
    const version = retired.get(rowName('4'))?.['version'];
    const grown = afterMove(retired, growing(pool.root, 6, existingIn(retired)));
    expect(grown.get(rowName('4'))?.['version']).toBe(version);
    expect(grown.get(rowName('5'))?.['version']).toBe(1n);
    expect([poolIn(grown).root.closed, falseIn(grown)]).toEqual([4, []]);
    const opened = afterMove(grown, fill(poolIn(grown), 10n, 4, 5));
    expect([poolIn(opened).root.closed, falseIn(opened)]).toEqual([2, []]);
  });

  it('a move is named after the row that it starts from, and says what it moves', () => {
    const named = ({ of, amount }: PoolMove) => [of.shard, of.version, amount];
    expect(named(closing(shardOf(pool, 0), minor(0n)))).toEqual(['0', 3n, 70n]);
    expect(named(fill(pool, 200n, 1, 3))).toEqual([ROOT, 5n, 400n]);
    expect(named(level(pool, 0, 2, 30n))).toEqual(['0', 3n, 30n]);
    expect(named(grow(pool, 6))).toEqual([ROOT, 5n, 0n]);
    expect(named(retiring(pool.root, last(pool)))).toEqual(['3', 3n, 0n]);
  });
});

describe('CR-1 CR-2: a move is lost where the rows are not as it relies on', () => {
  const pool = poolOf(1_000n, [0n, 70n, 'closed']);
  const [empty, full, closed] = [shardOf(pool, 0), shardOf(pool, 1), shardOf(pool, 2)];
  const low = minor(5n);
  const has = (units: bigint): Row => ({ available: units });
  const shards = (count: bigint): Row => ({ shards: count });
  const OPEN: Row = { open: true };
  const CLOSED: Row = { open: false };

  it.each<[string, PoolMove, shard: string, changedTo: Row, fails: string]>([
    ['a close after a debit', closing(full, low), '1', has(60n), 'available'],
    ['a close after a refund', closing(full, low), '1', has(80n), 'available'],
    ['a close of an empty shard after a refund', closing(empty, low), '0', has(1n), 'available'],
    ['a second close', closing(empty, low), '0', CLOSED, 'open'],
    ['filling from a root that has less', fill(pool, 1_000n, 0), ROOT, has(999n), 'available'],
    ['filling of a shard that has closed', fill(pool, 10n, 0), '0', CLOSED, 'open'],
    ['a second opening', fill(pool, 10n, 2), '2', OPEN, 'open'],
    ['opening after a retirement', fill(pool, 10n, 2), ROOT, shards(2n), 'shards'],
    ['opening after growth', fill(pool, 10n, 2), ROOT, shards(4n), 'shards'],
    ['opening of what is not counted', fill(pool, 10n, 2), ROOT, { closed: 0n }, 'closed'],
    ['levelling after a debit', level(pool, 1, 0, 70n), '1', has(69n), 'available'],
    ['levelling from a shard that has closed', level(pool, 1, 0, 9n), '1', CLOSED, 'open'],
    ['levelling into a shard that has closed', level(pool, 1, 0, 9n), '0', CLOSED, 'open'],
    ['levelling into a second opening', level(pool, 1, 2, 9n), '2', OPEN, 'open'],
    ['levelling into a retired shard', level(pool, 1, 2, 9n), ROOT, shards(2n), 'shards'],
    ['a second growth', grow(pool, 4), ROOT, shards(4n), 'shards'],
    ['growth after a retirement', grow(pool, 4), ROOT, shards(2n), 'shards'],
    ['a second retirement', retiring(pool.root, closed), ROOT, shards(2n), 'shards'],
    ['retiring after growth', retiring(pool.root, closed), ROOT, shards(4n), 'shards'],
    ['retiring after a refund', retiring(pool.root, closed), '2', has(1n), 'available'],
    ['retiring after lending', retiring(pool.root, closed), '2', { lent: 1n }, 'lent'],
    ['retiring after an opening', retiring(pool.root, closed), '2', OPEN, 'open'],
  ])('%s', (_, move, shard, changedTo, fails) => {
    const rows = rowsOfPool(pool);
    expect(applyMove(rows, move).kind).toBe('committed');
    expect(applyMove(changed(rows, shard, changedTo), move)).toMatchObject({
      kind: 'refused',
      by: 'pool',
      condition: { path: fails },
    });
  });

  it('retiring of an open shard is lost to its close', () => {
    const own = poolOf(1n, [0n]);
    const rows = changed(rowsOfPool(own), '0', CLOSED);
    expect(applyMove(rows, retiring(own.root, last(own)))).toMatchObject({
      condition: { path: 'open' },
    });
  });

  it('a close is not lost to what else happens at the root', () => {
    const busy = changed(rowsOfPool(pool), ROOT, { ...has(3n), closed: 2n, shards: 9n });
    expect(applyMove(busy, closing(full, low)).kind).toBe('committed');
  });

  it('filling of open shards is not lost to another number of shards', () => {
    const busy = changed(rowsOfPool(pool), ROOT, { closed: 0n, shards: 9n });
    expect(applyMove(busy, fill(pool, 5n, 0, 1)).kind).toBe('committed');
  });
});

describe('CR-1 CR-2: any moves in any order', () => {
  it('conserve what the pool has and has lent, and the root counts the closed shards, which are empty', () => {
    const choice = fc.record({
      pick: fc.nat({ max: 30 }),
      kind: fc.nat({ max: 5 }),
      part: fc.nat({ max: 10 }),
    });
    const runs = fc.record({
      pool: pools(6),
      retired: fc.nat({ max: 3 }),
      choices: fc.array(choice, { minLength: 1, maxLength: 15 }),
    });
    fc.assert(
      fc.property(runs, ({ pool, retired, choices }) => {
        const start = rowsOfPool(pool, retiredAfter(pool, retired));
        let rows = start;
        for (const each of choices) {
          rows = afterMove(rows, anyMove(poolIn(rows), existingIn(rows), each));
          expect(falseIn(rows)).toEqual([]);
        }
        expect(sumsIn(rows)).toEqual(sumsIn(start));
      }),
      { seed: 31, numRuns: 500 },
    );
  });
});
