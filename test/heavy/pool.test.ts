import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pMap from 'p-map';
import { merchantPk } from '../../lambdas/ledger/keys.ts';
import { formatAmount, minor } from '../../lambdas/ledger/money.ts';
import { type Harness, type Reply, startHarness, USD } from '../harness/harness.ts';
import { OVERLAPPING } from '../harness/overlaps.ts';
import {
  balancesOf,
  fillAndSpread,
  merchantsWithCredit,
  report,
  tally,
  timed,
  withdrawUntilAnswered,
} from './load.ts';

/**
 * Of every harness in this file. The deadline is that of a request on AWS. With a shorter one, the share of
 * 503 measures the speed of this machine.
 */
const SETTINGS = { secondAdminAbove: {}, poolShards: 64, pacing: { deadlineMs: 10_000 } };

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

describe('3,000 withdrawals on credit of 100 merchants, 30 at a time, each sent once', () => {
  const POOL = 100_000_00n;
  let harness: Harness;
  let replies: readonly Reply[];
  let merchants: readonly string[];
  const merchantAt = (index: number): string => String(merchants[index % merchants.length]);
  /** From 1.00 to 9.80, in minor units. */
  const amountAt = (index: number): bigint => BigInt(100 + (index % 45) * 20);
  const accepted = (): readonly number[] =>
    replies.flatMap(({ status }, index) => (status === 202 ? [index] : []));

  beforeAll(async () => {
    harness = await startHarness(41, OVERLAPPING, SETTINGS);
    await fillAndSpread(harness, formatAmount(minor(POOL), USD));
    merchants = await merchantsWithCredit(harness, 100, '1000.00');
    const before = harness.faults.conflicts;
    const latencies: number[] = [];
    const run = await timed(() =>
      pMap(
        Array.from({ length: 3_000 }, (_, index) => index),
        async (index) => {
          const body = { amount: formatAmount(minor(amountAt(index)), USD) };
          const request = { as: merchantAt(index), key: `w${index}`, body };
          const { result, ms } = await timed(() => harness.call('POST /withdrawals', request));
          latencies.push(ms);
          return result;
        },
        { concurrency: 30 },
      ),
    );
    replies = run.result;
    latencies.sort((a, b) => a - b);
    report(
      `3,000 withdrawals in ${seconds(run.ms)}: ${JSON.stringify(tally(replies))}, ` +
        `${harness.faults.conflicts - before} conflicts, p50 ${latencies[1_500]?.toFixed(0)} ms, ` +
        `p99 ${latencies[2_970]?.toFixed(0)} ms`,
    );
  });
  afterAll(() => harness.close());

  it('OP-3: are accepted or answered 503, and never fail otherwise', () => {
    const statuses = new Set(replies.map(({ status }) => status));
    expect([...statuses].filter((status) => status !== 202 && status !== 503)).toEqual([]);
  });

  it('OP-3: are answered 503 in less than 1 % of all cases', () => {
    const busy = replies.filter(({ status }) => status === 503).length;
    expect(busy / replies.length).toBeLessThan(0.01);
  });

  it('CR-2: take exactly the accepted amounts from the pool and from each credit', async () => {
    const { available, lent, utilised } = await balancesOf(harness);
    const drawn = new Map(merchants.map((id) => [merchantPk(id), 0n]));
    for (const index of accepted()) {
      const pk = merchantPk(merchantAt(index));
      drawn.set(pk, (drawn.get(pk) ?? 0n) + amountAt(index));
    }
    const total = [...drawn.values()].reduce((sum, each) => sum + each, 0n);
    expect({ available, lent }).toEqual({ available: POOL - total, lent: total });
    expect(utilised).toEqual(drawn);
  });
});

/**
 * As many as the SDK has connections. More only queue in the process and at the engine, while transactions
 * hold their rows: with 1,000 at a time, one row commits once a second instead of 40 times. With 10,000, the
 * last ones do not even read before their function times out after 10 s.
 */
const CALLERS = 50;

describe('10,000 withdrawals of 1.00 of 500 merchants, 50 at a time, on a pool of 8,000.00', () => {
  let harness: Harness;
  let replies: readonly Reply[];

  beforeAll(async () => {
    harness = await startHarness(42, OVERLAPPING, SETTINGS);
    await fillAndSpread(harness, '8000.00');
    const prepared = await timed(() => merchantsWithCredit(harness, 500, '1000.00'));
    const before = harness.faults.conflicts;
    const requests = Array.from({ length: 10_000 }, (_, index) => ({
      as: String(prepared.result[index % 500]),
      key: `w${index}`,
      body: { amount: '1.00' },
    }));
    const { result, ms } = await timed(() => withdrawUntilAnswered(harness, requests, CALLERS));
    replies = result.replies;
    report(
      `500 merchants prepared in ${seconds(prepared.ms)}; 10,000 withdrawals in ${seconds(ms)}: ` +
        `${JSON.stringify(tally(replies))}, ${result.sent} requests, ` +
        `${harness.faults.conflicts - before} conflicts`,
    );
  });
  afterAll(() => harness.close());

  it('CR-2: are accepted for exactly what the pool has, and then refused', () => {
    expect(tally(replies)).toEqual({ 202: 8_000, '402 insufficient_pool': 2_000 });
  });

  it('CR-2: leave exactly nothing in the pool', async () => {
    const { available, lent, utilised } = await balancesOf(harness);
    const drawn = [...utilised.values()].reduce((sum, each) => sum + each, 0n);
    expect({ available, lent, drawn }).toEqual({
      available: 0n,
      lent: 8_000_00n,
      drawn: 8_000_00n,
    });
  });
});
