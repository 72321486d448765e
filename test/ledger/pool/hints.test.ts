import { beforeEach, describe, expect, it } from '@jest/globals';
import { asStored } from '../../../lambdas/ledger/apply.ts';
import { currencyCode, minor } from '../../../lambdas/ledger/money.ts';
import { Pools, type WriteFailure } from '../../../lambdas/ledger/pool/hints.ts';
import { closing, filling } from '../../../lambdas/ledger/pool/moves.ts';
import { type PoolShare, poolRowOf, ROOT } from '../../../lambdas/ledger/pool/pool.ts';
import { post } from '../../../lambdas/ledger/post.ts';
import {
  type Posting,
  poolAvailable,
  poolLent,
  postingsIn,
  system,
} from '../../../lambdas/ledger/postings.ts';
import type { Change } from '../../../lambdas/ledger/row-writes.ts';
import { USD } from '../../harness/in-memory-ledger.ts';
import { aShard, poolOf, type ShardSketch } from '../../harness/pools.ts';

const EUR = currencyCode.parse('EUR');
let now: number;
let pools: Pools;
beforeEach(() => {
  now = 5_000;
  pools = new Pools({ clock: () => now, random: () => 0.25 });
});

const usd = () => pools.of(USD);
const canPay = (shard: string) => usd().knowledge(9).canPay(shard);
const isContended = (shard: string) => usd().knowledge(9).isContended(shard);
const sees = (shard: string, sketch: ShardSketch) => usd().sawShard(aShard(shard, sketch));
const debit = (...shares: readonly PoolShare[]): readonly Posting[] => {
  const amount = minor(shares.reduce((sum, share) => sum + share.amount, 0n));
  const clearing = system('clearing');
  return postingsIn(
    USD,
    [poolAvailable(shares), clearing, amount],
    [poolLent(shares), clearing, amount],
  );
};
const share = (shard: string, amount: bigint) => ({ shard, amount: minor(amount) });
const writes = (postings: readonly Posting[], changes: readonly Change[] = []) =>
  post([{ txnId: 'T1', name: 'accept', postings, guards: [], changes }]);
const failure = (shard: string, met: WriteFailure['met'], existing?: unknown): WriteFailure => ({
  row: poolRowOf(USD, shard),
  met,
  existing: asStored(existing),
});

describe('CR-2: what a process knows of the rows of a pool', () => {
  it('nothing before it has read one', () => {
    expect([usd().shards, usd().low, canPay('0'), isContended('0')]).toEqual([
      undefined,
      0n,
      undefined,
      false,
    ]);
    expect([usd().knowledge(9).shards, usd().knowledge(9).random()]).toEqual([9, 0.25]);
  });

  it('a shard can pay what it was seen with, and nothing while it is closed', () => {
    sees('0', 70n);
    sees('1', { open: false, available: minor(70n) });
    expect([canPay('0'), canPay('1'), canPay('2')]).toEqual([70n, 0n, undefined]);
  });

  it('each pool is known by itself, and by the whole process', () => {
    sees('0', 70n);
    expect(pools.of(EUR).knowledge(9).canPay('0')).toBeUndefined();
    expect(pools.of(USD)).toBe(usd());
  });

  it('what was seen ten seconds ago is not known any more', () => {
    sees('0', 70n);
    usd().sawRoot(poolOf(1n, ['closed', 3n], { low: minor(9n) }).root);
    now += 9_999;
    expect([canPay('0'), usd().shards]).toEqual([70n, 2]);
    now += 1;
    expect([canPay('0'), usd().shards]).toEqual([undefined, undefined]);
    // What is usually drawn is no less true than nothing.
    expect(usd().low).toBe(9n);
  });

  it.each(['conflict', 'throttled'] as const)(
    'a row that was lost to a %s is avoided for 60 ms',
    (met) => {
      pools.lost([], [failure('0', met)]);
      expect([isContended('0'), isContended('1')]).toEqual([true, false]);
      now += 59;
      expect(isContended('0')).toBe(true);
      now += 1;
      expect(isContended('0')).toBe(false);
    },
  );

  it('a row that failed its condition tells what it has now, and is not avoided', () => {
    sees('0', 70n);
    pools.lost([], [failure('0', 'condition', aShard('0', 12n))]);
    pools.lost([], [failure('1', 'condition', aShard('1', 'closed'))]);
    expect([canPay('0'), canPay('1'), isContended('0')]).toEqual([12n, 0n, false]);
  });

  it('the root that failed its condition tells how many shards there are', () => {
    pools.lost([], [failure(ROOT, 'condition', poolOf(1n, [2n, 3n], { low: minor(9n) }).root)]);
    expect([usd().shards, usd().low, canPay(ROOT)]).toEqual([2, 9n, undefined]);
  });

  it.each([
    ['is missing', undefined],
    ['is unreadable', { open: 'yes' }],
  ])('a row that %s teaches nothing', (_, existing) => {
    sees('0', 70n);
    pools.lost([], [failure('0', 'condition', existing), failure(ROOT, 'condition', existing)]);
    expect([canPay('0'), usd().shards]).toEqual([70n, undefined]);
  });

  it('a failure of another kind of row teaches nothing of the pool', () => {
    const row = { kind: 'credit', merchantId: 'm1', currency: USD } as const;
    pools.lost([], [{ row, met: 'conflict', existing: undefined }]);
    expect([isContended('0'), isContended(ROOT)]).toEqual([false, false]);
  });
});

describe('CR-2: what a commit tells', () => {
  it('a row has so much less or more, as far as it was known', () => {
    sees('0', 70n);
    pools.committed(writes(debit(share('0', 30n), share('1', 5n))));
    expect([canPay('0'), canPay('1')]).toEqual([40n, undefined]);
  });

  it('a shard that has closed can pay nothing; one that has opened what it got', () => {
    const pool = poolOf(500n, [70n, 'closed']);
    const [open, closed] = pool.shards;
    if (open === undefined || closed === undefined) throw new Error('two shards');
    for (const each of pool.shards) usd().sawShard(each);
    for (const { postings, changes } of [
      closing(open, minor(0n)),
      filling(pool.root, [{ shard: closed, amount: minor(90n) }]),
    ]) {
      pools.committed(writes(postings, changes));
    }
    expect([canPay('0'), canPay('1')]).toEqual([0n, 90n]);
  });

  it('it makes nothing fresher: other processes move money too', () => {
    sees('0', 70n);
    now += 6_000;
    pools.committed(writes(debit(share('0', 30n))));
    now += 4_000;
    expect(canPay('0')).toBeUndefined();
  });
});

describe('CR-1: conflicts that are counted on their rows', () => {
  const counted = (...shares: readonly PoolShare[]) =>
    usd()
      .counted(shares)
      .map(({ conflicts }) => conflicts);

  it('the next offer of the row takes those that were met, once', () => {
    pools.lost([], [failure('0', 'conflict'), failure('1', 'throttled')]);
    pools.lost([], [failure('0', 'conflict'), failure('2', 'condition')]);
    const offer = [share('0', 5n), share('1', 5n), share('2', 5n)];
    expect(counted(...offer)).toEqual([2n, undefined, undefined]);
    expect(usd().counted([share('0', 5n)])).toEqual([share('0', 5n)]);
  });

  it('a commit that is lost gives them back, with the one that it met', () => {
    pools.lost([], [failure('0', 'conflict')]);
    const offer = usd().counted([share('0', 5n)]);
    pools.lost(writes(debit(...offer)), [failure('0', 'conflict')]);
    expect(counted(share('0', 5n))).toEqual([2n]);
  });

  it('a commit that succeeds has written them', () => {
    pools.lost([], [failure('0', 'conflict')]);
    pools.committed(writes(debit(...usd().counted([share('0', 5n)]))));
    expect(counted(share('0', 5n))).toEqual([undefined]);
  });
});

describe('CR-2: what is too small for what is usually drawn', () => {
  const draws = (...amounts: readonly bigint[]) => {
    for (const amount of amounts) pools.committed(writes(debit(share('0', amount))));
  };
  const times = (count: number, amount: bigint) => Array.from({ length: count }, () => amount);

  it('the first debits of a process use what the root remembers; from the eighth on, their own', () => {
    usd().sawRoot(poolOf(1n, [], { low: minor(33n) }).root);
    draws(...times(7, 100n));
    expect(usd().low).toBe(33n);
    draws(100n);
    expect(usd().low).toBe(200n);
  });

  it('is nothing where neither is known', () => {
    draws(...times(7, 100n));
    expect(usd().low).toBe(0n);
  });

  it('one huge amount changes it little, and a change that lasts changes it', () => {
    draws(...times(20, 100n));
    draws(10n ** 15n);
    expect(usd().low).toBeGreaterThan(200n);
    expect(usd().low).toBeLessThanOrEqual(226n);
    draws(...times(80, 1_000n));
    expect(usd().low).toBeGreaterThan(1_900n);
    expect(usd().low).toBeLessThanOrEqual(2_000n);
    draws(...times(80, 100n));
    expect(usd().low).toBeLessThan(220n);
  });

  it('a tiny first debit does not stay what is usual', () => {
    draws(1n, ...times(200, 1_000n));
    expect(usd().low).toBeGreaterThan(1_900n);
  });
});
