import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { minor, smaller } from '../../../lambdas/ledger/money.ts';
import { type Pool, shardNames, sumOfRows } from '../../../lambdas/ledger/pool/pool.ts';
import { callsForRebalance, nextMove } from '../../../lambdas/ledger/pool/rebalance-plan.ts';
import {
  afterMove,
  existingIn,
  falseIn,
  poolIn,
  poolOf,
  pools,
  retiredAfter,
  rowsOfPool,
  type ShardSketch,
  sumsIn,
} from '../../harness/pools.ts';

const existing = (pool: Pool) => existingIn(rowsOfPool(pool));
const move = (pool: Pool) => nextMove(pool, existing(pool));
/** The pool after its next move: what each row holds, with the root first. */
function moved(pool: Pool): readonly (bigint | 'closed')[] | undefined {
  const next = move(pool);
  if (next === undefined) return undefined;
  const { root, shards } = poolIn(afterMove(rowsOfPool(pool), next));
  return [root.available, ...shards.map(({ open, available }) => (open ? available : 'closed'))];
}
const many = (count: number, sketch: ShardSketch): readonly ShardSketch[] =>
  shardNames(count).map(() => sketch);
const low = (units: bigint) => ({ low: minor(units) });

describe('CR-1: a change of the root that calls for the rebalancer', () => {
  const root = (available: bigint, shards: number, closed = 0, units = 10n) => ({
    ...low(units),
    available,
    shards,
    closed,
    targetShards: shards,
  });

  it.each<[string, ReturnType<typeof root>, ReturnType<typeof root> | undefined, boolean]>([
    ['more shards are wanted', { ...root(0n, 2), targetShards: 3 }, root(0n, 2), true],
    ['fewer shards are wanted', { ...root(0n, 2), targetShards: 1 }, root(0n, 2), true],
    ['a closed shard can open, and something is left', root(60n, 2, 1), root(60n, 2, 1), true],
    ['too little to open a closed shard', root(59n, 2, 1), root(59n, 2, 1), false],
    ['two units open a shard where nothing is known', root(2n, 2, 1, 0n), root(2n, 2, 1, 0n), true],
    ['one unit opens none', root(1n, 2, 1, 0n), root(1n, 2, 1, 0n), false],
    ['the root has doubled', root(20n, 2), root(10n, 2), true],
    ['the root has almost doubled', root(19n, 2), root(10n, 2), false],
    ['the root had nothing', root(1n, 2), root(0n, 2), true],
    ['the root is new', root(1n, 2), undefined, true],
    ['the root has less', root(9n, 2), root(10n, 2), false],
    ['the root has nothing, as before', root(0n, 2), root(0n, 2), false],
    ['there is no shard to move it to', root(20n, 0), root(10n, 0), false],
    ['a new pool wants no shards', root(20n, 0), undefined, false],
  ])('%s', (_, now, before, expected) => {
    expect(callsForRebalance(now, before)).toBe(expected);
  });
});

describe('CR-1: the next move towards a level pool', () => {
  it('missing shards are added first, at most ninety at a time', () => {
    expect(move(poolOf(900n, [], { targetShards: 4 }))?.changes).toHaveLength(5);
    expect(moved(poolOf(900n, [5n], { targetShards: 3 }))).toEqual([900n, 5n, 'closed', 'closed']);
    expect(moved(poolOf(900n, [], { targetShards: 96 }))).toHaveLength(91);
    expect(moved(poolOf(900n, many(90, 'closed'), { targetShards: 96 }))).toHaveLength(97);
  });

  it('rows of earlier shards are not created again', () => {
    const pool = poolOf(900n, [5n], { targetShards: 4 });
    const rows = rowsOfPool(pool, retiredAfter(pool, 2));
    const puts = nextMove(pool, existingIn(rows))?.changes.filter(({ put }) => put !== undefined);
    expect(puts?.map(({ row }) => row)).toEqual([{ kind: 'pool', currency: 'USD', shard: '3' }]);
  });

  it('shards that are too many retire one by one, the last one first', () => {
    expect(moved(poolOf(0n, [100n, 'closed', 7n], { targetShards: 1 }))).toEqual([
      7n,
      100n,
      'closed',
    ]);
    expect(moved(poolOf(7n, [100n, 'closed'], { targetShards: 1 }))).toEqual([7n, 100n]);
    expect(moved(poolOf(7n, [100n], { targetShards: 0 }))).toEqual([107n]);
  });

  it('closed shards open with equal parts, and the root keeps one', () => {
    expect(moved(poolOf(900n, many(4, 'closed')))).toEqual([180n, 180n, 180n, 180n, 180n]);
    expect(moved(poolOf(902n, ['closed', 5n, 'closed']))).toEqual([302n, 300n, 5n, 300n]);
  });

  it('at most sixteen shards open in one move, with the parts of all', () => {
    const opened = moved(poolOf(2_100n, many(20, 'closed')));
    expect(opened).toEqual([500n, ...many(16, 100n), ...many(4, 'closed')]);
  });

  it('no more shards open than get four times what is small', () => {
    // Enough for two shards and the root.
    expect(moved(poolOf(125n, many(4, 'closed'), low(10n)))).toEqual([
      43n,
      41n,
      41n,
      'closed',
      'closed',
    ]);
    expect(moved(poolOf(80n, many(4, 'closed'), low(10n)))).toEqual([
      40n,
      40n,
      'closed',
      'closed',
      'closed',
    ]);
  });

  it('a shard opens with four times what is small although the root keeps less', () => {
    expect(moved(poolOf(60n, ['closed'], low(10n)))).toEqual([20n, 40n]);
    expect(moved(poolOf(79n, ['closed', 'closed'], low(10n)))).toEqual([39n, 40n, 'closed']);
    expect(moved(poolOf(59n, ['closed'], low(10n)))).toBeUndefined();
  });

  it('the root gives what it has beyond its part to the poorest, up to the mean', () => {
    expect(moved(poolOf(900n, [0n, 50n, 50n]))).toEqual([250n, 250n, 250n, 250n]);
    // The two poorest get all there is.
    expect(moved(poolOf(700n, [210n, 10n, 300n, 0n, 280n]))).toEqual([
      250n,
      210n,
      210n,
      300n,
      250n,
      280n,
    ]);
  });

  it('the root gives nothing that is not worth a move, and nothing to closed shards', () => {
    // The mean is 50.
    expect(moved(poolOf(100n, [0n]))).toBeUndefined();
    expect(moved(poolOf(101n, [0n]))).toEqual([51n, 50n]);
    expect(moved(poolOf(101n, [0n], low(12n)))).toEqual([51n, 50n]);
    expect(moved(poolOf(101n, [0n], low(13n)))).toBeUndefined();
    expect(moved(poolOf(140n, ['closed', 0n, 60n], low(30n)))).toBeUndefined();
  });

  it('a closed shard is not filled while the root cannot open one', () => {
    expect(moved(poolOf(59n, ['closed', 0n], low(10n)))).toEqual([40n, 'closed', 19n]);
  });

  it('at most sixteen shards are filled in one move', () => {
    const filled = moved(poolOf(21_000n, many(20, 0n)));
    expect(filled?.filter((each) => each === 1_000n)).toHaveLength(16);
  });

  it('the richest shard gives to the poorest where both are far from the mean', () => {
    // The mean is 100: one has more than twice, the other less than half of it.
    expect(moved(poolOf(100n, [230n, 40n, 30n]))).toEqual([100n, 160n, 40n, 100n]);
    expect(moved(poolOf(100n, [200n, 60n, 40n]))).toBeUndefined();
    expect(moved(poolOf(40n, [260n, 50n, 50n]))).toBeUndefined();
  });

  it('the richest shard opens a closed one where the root cannot', () => {
    expect(moved(poolOf(10n, [290n, 'closed'], low(5n)))).toEqual([10n, 190n, 100n]);
  });

  it('levelling gives at least four times what is small', () => {
    expect(moved(poolOf(100n, [230n, 40n, 30n], low(17n)))).toEqual([100n, 160n, 40n, 100n]);
    expect(moved(poolOf(100n, [230n, 40n, 30n], low(18n)))).toBeUndefined();
  });

  it('an empty pool and a pool without shards are level', () => {
    expect(moved(poolOf(0n, many(3, 'closed')))).toBeUndefined();
    expect(moved(poolOf(0n, many(3, 0n)))).toBeUndefined();
    expect(moved(poolOf(900n))).toBeUndefined();
  });
});

/** Whether a pool is level, by the thresholds of the plan, in other words. */
function expectLevel({ root, shards }: Pool): void {
  const worth = root.low > 0n ? 4n * root.low : 1n;
  const mean = sumOfRows({ root, shards }) / BigInt(shards.length + 1);
  const amounts = shards.map(({ available }) => available).toSorted((a, b) => (a < b ? -1 : 1));
  const [least = 0n, most = 0n] = [amounts.at(0), amounts.at(-1)];
  expect(shards.length).toBe(root.targetShards);
  if (shards.length === 0) return;
  if (root.closed > 0) expect(2n * root.available).toBeLessThan(3n * worth);
  const rich = root.available > 2n * mean && root.available - mean >= worth;
  if (rich) expect(shards.filter(({ open, available }) => open && available < mean)).toEqual([]);
  const gap = smaller(most - mean, mean - least);
  if (gap >= worth) expect(most > 2n * mean && 2n * least < mean).toBe(false);
}

describe('CR-1: one move after the other', () => {
  it('any pool ends level after few moves, with its sums, and then calls for none', () => {
    const starts = fc.record({ pool: pools(20), retired: fc.nat({ max: 3 }) });
    fc.assert(
      fc.property(starts, ({ pool, retired }) => {
        const start = rowsOfPool(pool, retiredAfter(pool, retired));
        let rows = start;
        let moves = 0;
        for (;;) {
          const next = nextMove(poolIn(rows), existingIn(rows));
          if (next === undefined) break;
          moves += 1;
          rows = afterMove(rows, next);
          expect(falseIn(rows)).toEqual([]);
        }
        const level = poolIn(rows);
        // Each shard retires, opens and is levelled once; the rest is a few fillings.
        expect(moves).toBeLessThanOrEqual(
          2 * Math.max(pool.shards.length, level.shards.length) + 4,
        );
        expect(sumsIn(rows)).toEqual(sumsIn(start));
        expectLevel(level);
        expect(callsForRebalance(level.root, level.root)).toBe(false);
      }),
      { seed: 41, numRuns: 500 },
    );
  });
});
