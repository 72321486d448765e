import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type MinorUnits, minor, smaller } from '../../../lambdas/ledger/money.ts';
import {
  MOST_SHARDS,
  openPool,
  partOf,
  poolMessage,
  poolRoot,
  poolShardRow,
  ROOT,
  returnedTo,
  shardNames,
  sumOfRows,
  toRoot,
  wantShards,
} from '../../../lambdas/ledger/pool/pool.ts';
import { sumOfShares } from '../../../lambdas/ledger/postings.ts';
import { USD } from '../../harness/in-memory-ledger.ts';
import { poolOf } from '../../harness/pools.ts';

const share = (shard: string, amount: bigint) => ({ shard, amount: minor(amount) });
const shares = fc.array(
  fc.record({
    shard: fc.constantFrom('0', '1', '2', ROOT),
    amount: fc.bigInt({ min: 1n, max: 1_000n }).map(minor),
  }),
  { maxLength: 6 },
);

describe('CR-1: the rows of a pool', () => {
  it('a pool starts as its root, without shards, and wants the shards of its stage', () => {
    expect(openPool(USD, 32)).toEqual({
      row: { kind: 'pool', currency: USD, shard: ROOT },
      conditions: [],
      put: { currency: USD, shards: 0n, closed: 0n, targetShards: 32n, low: 0n, conflicts: 0n },
    });
  });

  it('another number of shards is wanted of an existing pool alone, and nothing else changes', () => {
    expect(wantShards(USD, 7)).toEqual({
      row: { kind: 'pool', currency: USD, shard: ROOT },
      conditions: [{ must: 'exist' }],
      set: { targetShards: 7n },
    });
  });

  it('shards are numbered from zero, and all of them fit into one snapshot with the root', () => {
    expect(shardNames(3)).toEqual(['0', '1', '2']);
    expect(shardNames(0)).toEqual([]);
    expect(shardNames(MOST_SHARDS).length + 1).toBeLessThanOrEqual(100);
  });

  it('the sum of a pool is what the root and all shards hold', () => {
    expect(sumOfRows(poolOf(5n, [10n, 'closed', 200n]))).toBe(215n);
    expect(sumOfRows(poolOf(5n))).toBe(5n);
  });

  it('rows are read with amounts as bigint and counts as numbers', () => {
    const row = { currency: 'USD', available: 5n, lent: -3n, conflicts: 2n, version: 1n, by: [] };
    const counts = { shards: 4n, closed: 1n, targetShards: 6n };
    expect(poolRoot.parse({ ...row, ...counts, low: 9n })).toEqual({
      ...row,
      shards: 4,
      closed: 1,
      targetShards: 6,
      low: 9n,
    });
    expect(poolShardRow.parse({ ...row, open: true })).toEqual({ ...row, open: true });
    // Neither can be taken for the other.
    expect(poolRoot.safeParse({ ...row, open: true }).success).toBe(false);
    expect(poolShardRow.safeParse({ ...row, ...counts, low: 9n }).success).toBe(false);
  });

  it('a message names the pool alone', () => {
    expect(poolMessage.parse({ currency: 'USD' })).toEqual({ currency: USD });
    expect(poolMessage.safeParse({ currency: 'XXX' }).success).toBe(false);
  });
});

describe('WD-6: what of a pool’s shares returns', () => {
  it.each<[bigint, ReturnType<typeof share>[]]>([
    [0n, []],
    [1n, [share('0', 1n)]],
    [60n, [share('0', 60n)]],
    [61n, [share('0', 60n), share('1', 1n)]],
    [100n, [share('0', 60n), share('1', 40n)]],
  ])('the first shares make up %s in full', (amount, expected) => {
    expect(partOf([share('0', 60n), share('1', 40n)], minor(amount))).toEqual(expected);
  });

  it('a part is the amount, no share more than it was, for any shares', () => {
    fc.assert(
      fc.property(shares, fc.bigInt({ min: 0n, max: 3_000n }), (all, wanted) => {
        const total = sumOfShares(all);
        const parts = partOf(all, minor(wanted));
        expect(sumOfShares(parts)).toBe(smaller(wanted, total));
        for (const [index, { shard, amount }] of parts.entries()) {
          expect(all[index]?.shard).toBe(shard);
          expect(amount).toBeLessThanOrEqual(all[index]?.amount as MinorUnits);
          expect(amount).toBeGreaterThan(0n);
        }
      }),
      { seed: 11 },
    );
  });

  it('an open shard gets its share back, and the root what closed shards and the root paid', () => {
    const paid = [share('0', 60n), share('1', 40n), share('2', 7n), share(ROOT, 5n)];
    expect(returnedTo(new Set(['0']), paid)).toEqual([share('0', 60n), share(ROOT, 52n)]);
    expect(returnedTo(new Set(), paid)).toEqual([share(ROOT, 112n)]);
    expect(returnedTo(new Set(['0', '1', '2']), paid)).toEqual(paid);
    expect(returnedTo(new Set(['5']), [])).toEqual([]);
  });

  it('one share for each row, with the same sum, for any shares and any open shards', () => {
    const open = fc.subarray([...shardNames(3)]).map((names) => new Set(names));
    fc.assert(
      fc.property(shares, open, (all, names) => {
        const returned = returnedTo(names, all);
        const rows = returned.map(({ shard }) => shard);
        expect(sumOfShares(returned)).toBe(sumOfShares(all));
        expect(new Set(rows).size).toBe(rows.length);
        expect(rows.filter((shard) => shard !== ROOT && !names.has(shard))).toEqual([]);
      }),
      { seed: 12 },
    );
  });

  it('an amount that goes to the root is one share', () => {
    expect(toRoot(minor(9n))).toEqual([share(ROOT, 9n)]);
  });
});
