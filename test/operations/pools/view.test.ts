import { describe, expect, it } from '@jest/globals';
import { minor } from '../../../lambdas/ledger/money.ts';
import { poolView } from '../../../lambdas/operations/pools/view.ts';
import { USD } from '../../harness/in-memory-ledger.ts';
import { poolOf } from '../../harness/pools.ts';

const view = (pool: ReturnType<typeof poolOf>, isExact = true) =>
  poolView(USD, { pool, isExact }, minor(0n));

describe('CR-1: a pool as admins see it', () => {
  it('without a pool, everything is zero and exact', () => {
    expect(poolView(USD, undefined, minor(0n))).toEqual({
      currency: 'USD',
      available: '0.00',
      exact: true,
      lent: '0.00',
      in_flight: '0.00',
      shards: 0,
      target_shards: 0,
      open_shards: 0,
      hottest: null,
      conflict_rate: '0.00',
    });
  });

  it('sums the root and all shards, and counts those that are open', () => {
    const shards = [
      { available: minor(50_00n), lent: minor(-30_00n) },
      { available: minor(0n), lent: minor(70_00n), open: false },
      { available: minor(1n) },
    ];
    const pool = poolOf(100_00n, shards, { lent: minor(5_00n), targetShards: 7 });
    expect(poolView(USD, { pool, isExact: false }, minor(12_34n))).toMatchObject({
      available: '150.01',
      exact: false,
      lent: '45.00',
      in_flight: '12.34',
      shards: 3,
      target_shards: 7,
      open_shards: 2,
    });
  });

  it('the hottest row has the most changes and conflicts together', () => {
    const busy = { version: 40n, conflicts: 3n };
    const contended = { version: 30n, conflicts: 20n };
    expect(view(poolOf(1n, [busy, contended, {}])).hottest).toEqual({
      shard: '1',
      changes: 30,
      conflicts: 20,
    });
    expect(view(poolOf(1n, [busy], { version: 90n })).hottest).toEqual({
      shard: 'ROOT',
      changes: 90,
      conflicts: 0,
    });
  });

  it.each<[string, [changes: bigint, conflicts: bigint][]]>([
    ['0.00', [[100n, 0n]]],
    ['0.09', [[9_991n, 9n]]],
    [
      '12.50',
      [
        [5n, 1n],
        [2n, 0n],
      ],
    ],
    ['33.33', [[2n, 1n]]],
    [
      '50.00',
      [
        [1n, 1n],
        [4n, 4n],
      ],
    ],
  ])('the conflict rate is in per cent of all that was tried: %s', (expected, rows) => {
    const shards = rows.map(([version, conflicts]) => ({ version, conflicts }));
    expect(view(poolOf(1n, shards, { version: 0n })).conflict_rate).toBe(expected);
  });
});
