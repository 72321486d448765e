import { describe, expect, it } from '@jest/globals';
import { type PoolStress, runPoolStress } from './pool-stress.ts';

const sum = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((total, each) => total + each, 0n);

async function expectExact(stress: PoolStress) {
  const outcome = await runPoolStress(stress);
  const { withdrawals, repayments, toppedUp, toWallets, violations, root, shards } = outcome;
  // After every commit: what the root proves, every row by its postings, and all sums.
  expect(violations).toEqual([]);
  expect(withdrawals.filter(({ isFalse }) => isFalse)).toEqual([]);
  // What clients were told is what the rows hold.
  const paid = withdrawals.filter(({ status, isRefunded }) => status === 202 && !isRefunded);
  const out = sum(paid.map(({ amount }) => amount));
  const available = sum([root, ...shards].map((row) => row.available));
  expect(available + toWallets).toBe(stress.funds + toppedUp - out);
  expect(root.shards).toBe(root.targetShards);
  // Each of them happened.
  expect(withdrawals.filter(({ isRefunded }) => isRefunded).length).toBeGreaterThan(20);
  expect(withdrawals.filter(({ status }) => status === 402).length).toBeGreaterThan(0);
  expect([repayments > 0, toppedUp > 0n]).toEqual([true, true]);
}

const BASE = { seconds: 4 };

describe('CR-1 CR-2 WD-6: debits, refunds, repayments and top-ups, while requests and answers are lost', () => {
  it.each<[string, PoolStress]>([
    [
      'shards come and go',
      { ...BASE, seed: 1, shards: 12, funds: 60_000n, reshards: [2, 14, 0, 9] },
    ],
    [
      'all shards, none, all',
      { ...BASE, seed: 2, shards: 30, funds: 90_000n, reshards: [0, 30, 0] },
    ],
    ['few large shards', { ...BASE, seed: 3, shards: 4, funds: 100_000n, reshards: [30, 3] }],
  ])('%s', async (_, stress) => expectExact(stress));

  it('while money moves within the pool on reads of long ago', async () => {
    for (const seed of [4, 5])
      await expectExact({
        ...{ seed, shards: 5, funds: 80_000n, seconds: 4, staleMovers: 8 },
        reshards: [0, 6, 2, 8],
      });
  });
});
