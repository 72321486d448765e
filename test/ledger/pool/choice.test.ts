import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { minor } from '../../../lambdas/ledger/money.ts';
import {
  cannotPay,
  firstChoice,
  type PoolKnowledge,
  planDebit,
} from '../../../lambdas/ledger/pool/choice.ts';
import { type Pool, ROOT, shardNames, sumOfRows } from '../../../lambdas/ledger/pool/pool.ts';
import { sumOfShares } from '../../../lambdas/ledger/postings.ts';
import { poolOf, pools, type ShardSketch } from '../../harness/pools.ts';

type Known = {
  readonly random?: number;
  readonly contended?: readonly string[];
  /** By the shard's number; undefined where nothing is known. */
  readonly canPay?: readonly (bigint | undefined)[];
  readonly shards?: number;
};
const knowing = ({
  random = 0,
  contended = [],
  canPay = [],
  shards,
}: Known = {}): PoolKnowledge => ({
  shards: shards ?? canPay.length,
  canPay: (shard) => canPay[Number(shard)],
  isContended: (shard) => contended.includes(shard),
  random: () => random,
});

describe('CR-2: the row that a debit looks at first', () => {
  const first = (known: Known, amount = 100n) => firstChoice(knowing(known), minor(amount));
  /** The choice over the whole range of the generator. */
  const choices = (known: Known) =>
    Array.from({ length: 12 }, (_, index) => first({ ...known, random: index / 12 }));

  it('is a shard that may have enough', () => {
    expect(new Set(choices({ canPay: [99n, 100n, 0n, 500n] }))).toEqual(new Set(['1', '3']));
  });

  it('may be a shard of which nothing is known', () => {
    expect(new Set(choices({ canPay: [99n, undefined, 0n, undefined] }))).toEqual(
      new Set(['1', '3']),
    );
    expect(first({ shards: 1 })).toBe('0');
  });

  it('is each of these shards with the same probability', () => {
    expect(choices({ shards: 4 })).toEqual([...'000111222333']);
    expect(first({ shards: 4, random: 0.999_999 })).toBe('3');
  });

  it('is none that another transaction has just won, as long as there is another', () => {
    const able = { canPay: [500n, 500n, 500n, 0n] };
    expect(new Set(choices({ ...able, contended: ['0', '2'] }))).toEqual(new Set(['1']));
  });

  it('is any of them where each of them was just lost, rather than the root', () => {
    const known = { canPay: [500n, 500n, 0n], contended: ['0', '1'] };
    expect(new Set(choices(known))).toEqual(new Set(['0', '1']));
  });

  it('is the root where no shard may have enough', () => {
    expect(first({ canPay: [99n, 0n, 50n] })).toBe(ROOT);
    expect(first({ shards: 0 })).toBe(ROOT);
  });
});

describe('CR-2: what the root’s row proves', () => {
  it.each<[string, bigint, readonly ShardSketch[], boolean]>([
    ['all shards are closed and the root has less', 99n, ['closed', 'closed'], true],
    ['all shards are closed and the root has it', 100n, ['closed', 'closed'], false],
    ['one shard is open, and empty', 99n, ['closed', 0n], false],
    ['there are no shards and the root has less', 99n, [], true],
    ['there are no shards and the root has it', 100n, [], false],
  ])('%s', (_, available, shards, expected) => {
    expect(cannotPay(poolOf(available, shards), minor(100n))).toBe(expected);
  });
});

describe('CR-2: how a pool pays from all its rows, in this order', () => {
  const plan = (
    pool: Pool,
    amount: bigint,
    { low = 0n, ...known }: Known & { low?: bigint } = {},
  ) => planDebit(pool, minor(amount), low, knowing({ shards: pool.shards.length, ...known }));
  const share = (shard: string, amount: bigint) => ({ shard, amount });
  const shares = (...each: readonly ReturnType<typeof share>[]) => ({
    kind: 'shares',
    shares: each,
  });

  it('it refuses where the root proves that it cannot', () => {
    expect(plan(poolOf(99n, ['closed', 'closed']), 100n)).toEqual({ kind: 'short' });
  });

  it('a shard that has it pays alone, rather than the root', () => {
    const pool = poolOf(900n, [99n, 100n, 500n]);
    expect(plan(pool, 100n, { random: 0 })).toEqual(shares(share('1', 100n)));
    expect(plan(pool, 100n, { random: 0.5 })).toEqual(shares(share('2', 100n)));
    expect(plan(pool, 100n, { contended: ['1'] })).toEqual(shares(share('2', 100n)));
    expect(plan(pool, 100n, { contended: ['1', '2'] })).toEqual(shares(share('1', 100n)));
  });

  it('a closed shard pays nothing, whatever its row says', () => {
    const pool = poolOf(100n, [{ open: false, available: minor(500n) }, 99n]);
    expect(plan(pool, 100n)).toEqual(shares(share(ROOT, 100n)));
  });

  it('then the root pays alone, before a small shard is closed', () => {
    expect(plan(poolOf(100n, [99n, 3n]), 100n, { low: 50n })).toEqual(shares(share(ROOT, 100n)));
  });

  it('then a shard closes that is too small for what is usually drawn', () => {
    const pool = poolOf(39n, ['closed', 31n, 20n]);
    const closes = (index: number) => ({ kind: 'close', shard: pool.shards[index] });
    expect(plan(pool, 40n, { low: 41n })).toEqual(closes(1));
    expect(plan(pool, 40n, { low: 41n, random: 0.5 })).toEqual(closes(2));
    expect(plan(pool, 40n, { low: 41n, contended: ['1'] })).toEqual(closes(2));
    // More than usual is composed at once.
    expect(plan(pool, 41n, { low: 41n })).toEqual(shares(share(ROOT, 39n), share('1', 2n)));
  });

  it('then several rows pay, the largest first, and the last one only what is left', () => {
    expect(plan(poolOf(40n, [60n, 10n, 50n, 'closed']), 111n, { low: 10n })).toEqual(
      shares(share('0', 60n), share('2', 50n), share(ROOT, 1n)),
    );
    expect(plan(poolOf(0n, [60n, 50n]), 110n)).toEqual(shares(share('0', 60n), share('1', 50n)));
  });

  it('ninety rows pay where ninety suffice', () => {
    const pool = poolOf(
      0n,
      shardNames(96).map(() => 10n),
    );
    const paid = plan(pool, 900n);
    expect(paid.kind === 'shares' && paid.shares.length).toBe(90);
    expect(paid.kind === 'shares' && sumOfShares(paid.shares)).toBe(900n);
  });

  it('the largest shard closes where ninety rows do not suffice, also if the root has more', () => {
    const shards = shardNames(96).map((name) => (name === '7' ? 11n : 10n));
    const pool = poolOf(50n, shards);
    expect(plan(pool, 951n)).toEqual({ kind: 'close', shard: pool.shards[7] });
    expect(plan(pool, 941n)).toMatchObject({ kind: 'shares' });
  });

  it('a snapshot has to confirm that the rows have too little together', () => {
    expect(plan(poolOf(39n, [60n, 'closed']), 100n)).toEqual({ kind: 'confirm' });
    expect(plan(poolOf(40n, [60n, 'closed']), 100n)).toMatchObject({ kind: 'shares' });
  });

  it('it never offers what a row does not have, and refuses only on the root’s proof, for any pool', () => {
    const debits = fc.record({
      pool: pools(),
      amount: fc.bigInt({ min: 1n, max: 8_000n }).map(minor),
      low: fc.bigInt({ min: 0n, max: 60n }),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      contended: fc.subarray([...shardNames(12)]),
    });
    fc.assert(
      fc.property(debits, ({ pool, amount, low, random, contended }) => {
        const { root, shards } = pool;
        const known = knowing({ shards: shards.length, random, contended });
        const planned = planDebit(pool, amount, low, known);
        const open = new Map(shards.filter((each) => each.open).map((each) => [each.shard, each]));
        const oneCan = [root, ...open.values()].some(({ available }) => available >= amount);
        switch (planned.kind) {
          case 'shares': {
            expect(sumOfShares(planned.shares)).toBe(amount);
            expect(new Set(planned.shares.map(({ shard }) => shard)).size).toBe(
              planned.shares.length,
            );
            for (const part of planned.shares) {
              const row = part.shard === ROOT ? root : open.get(part.shard);
              expect(row?.available).toBeGreaterThanOrEqual(part.amount);
              expect(part.amount).toBeGreaterThan(0n);
            }
            // Several rows only where no row has it alone.
            expect(planned.shares.length > 1).toBe(!oneCan);
            break;
          }
          case 'short':
            expect([open.size, root.available < amount]).toEqual([0, true]);
            break;
          case 'close':
            expect(open.has(planned.shard.shard)).toBe(true);
            expect(planned.shard.available).toBeLessThan(low);
            expect(oneCan).toBe(false);
            break;
          case 'confirm':
            expect(open.size).toBeGreaterThan(0);
            expect(sumOfRows(pool)).toBeLessThan(amount);
        }
      }),
      { seed: 21, numRuns: 1_000 },
    );
  });
});
