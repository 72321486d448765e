import { describe, expect, it } from '@jest/globals';
import { type PoolLoad, type PoolOutcome, runPoolLoad } from './pool-load.ts';

const sum = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((total, each) => total + each, 0n);

/** From 2.00 to 18.00. */
const usual = (random: number): bigint => 200n + BigInt(Math.floor(random * 1_600));
/** One in ten draws twenty times as much: no shard has it, but the pool may. */
const withLarge = (random: number): bigint =>
  random < 0.1 ? 10_000n + BigInt(Math.floor(random * 100_000)) : usual(random);

const BASE = { seed: 1, shards: 16, perSecond: 150, seconds: 6, amount: usual, merchants: 2_000 };
const SCENARIOS: Readonly<Record<string, PoolLoad>> = {
  'a rich pool': { ...BASE, funds: 10_000_000n },
  'a pool of one row': { ...BASE, shards: 0, perSecond: 30, funds: 10_000_000n },
  'a pool that runs dry': { ...BASE, funds: 400_000n },
  'a pool that runs dry with large amounts': { ...BASE, funds: 900_000n, amount: withLarge },
  'a scarce pool': { ...BASE, funds: 20_000n, topUps: { perSecond: 3, amount: 15_000n } },
  'a scarce pool with large amounts': {
    ...BASE,
    funds: 60_000n,
    perSecond: 100,
    amount: withLarge,
    topUps: { perSecond: 4, amount: 20_000n },
  },
  'top-ups of a pool that runs dry': {
    ...BASE,
    funds: 300_000n,
    topUps: { perSecond: 1, amount: 120_000n },
  },
  'a pool that gets more shards': { ...BASE, funds: 700_000n, reshards: [24, 40] },
  'a pool that gets fewer shards': { ...BASE, funds: 700_000n, reshards: [9, 2] },
  'a pool that loses its shards and gets them back': {
    ...BASE,
    perSecond: 60,
    funds: 300_000n,
    reshards: [0, 12],
  },
};

/** What every run of any load must show. */
function expectExact(load: PoolLoad, outcome: PoolOutcome): void {
  const { replies, root, shards, toppedUp, lowest, violations } = outcome;
  const accepted = replies.filter(({ status }) => status === 202);
  const refused = replies.filter(({ code }) => code === 'insufficient_pool');
  const others = replies.filter(({ status }) => status !== 202 && status !== 503);
  expect(others.map(({ code }) => code)).toEqual(refused.map(({ code }) => code));
  // Every refusal was true at some moment of its last try.
  expect(refused.filter(({ isFalse }) => isFalse)).toEqual([]);
  // After every commit, what the root proves was true, no row was below zero, and no cent was lost or created.
  expect([violations, lowest]).toEqual([[], 0n]);
  const drawn = sum(accepted.map(({ amount }) => amount));
  const rows = [root, ...shards];
  expect(sum(rows.map(({ available }) => available))).toBe(load.funds + toppedUp - drawn);
  expect(sum(rows.map(({ lent }) => lent))).toBe(drawn);
  expect(root.shards).toBe(root.targetShards);
}

describe('CR-1 CR-2: a pool pays what it can and refuses only what it cannot', () => {
  it.each(Object.entries(SCENARIOS))('%s', async (_, load) => {
    for (const seed of [1, 2]) {
      const outcome = await runPoolLoad({ ...load, seed });
      expectExact({ ...load, seed }, outcome);
    }
  });

  it('a rich pool never answers 503, and 200 merchants never wait for each other', async () => {
    const { replies, counts } = await runPoolLoad({ ...BASE, seed: 3, funds: 10_000_000n });
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    expect(counts.transactions).toBeLessThan(replies.length * 1.4);
  });

  it('a pool that runs dry is drained to what no request wanted', async () => {
    const load = { ...BASE, seed: 4, seconds: 8, funds: 400_000n };
    const { replies, root, shards } = await runPoolLoad(load);
    const left = sum([root, ...shards].map(({ available }) => available));
    // The smallest amount is 2.00.
    expect(left).toBeLessThan(1_800n);
    expect(replies.filter(({ status }) => status === 503)).toEqual([]);
    expect(replies.filter(({ status }) => status === 402).length).toBeGreaterThan(100);
  });

  it('a pool that runs dry and is topped up pays again, from its shards', async () => {
    const load = { ...BASE, funds: 100_000n, topUps: { perSecond: 0.5, amount: 2_000_000n } };
    const { replies, shards, toppedUp } = await runPoolLoad({ ...load, seed: 5, seconds: 8 });
    const last = replies.filter(({ at }) => at > 7_500);
    expect(toppedUp).toBeGreaterThan(0n);
    expect(shards.filter(({ open }) => open).length).toBeGreaterThan(8);
    expect(last.filter(({ status }) => status !== 202)).toEqual([]);
  });

  it('the same load gives the same responses', async () => {
    const load = { ...BASE, seed: 6, seconds: 2, funds: 100_000n };
    const [first, second] = [await runPoolLoad(load), await runPoolLoad(load)];
    expect(second.replies).toEqual(first.replies);
  });
});
