import { describe, expect, it } from '@jest/globals';
import { minor } from '../../lambdas/ledger/money.ts';
import { shardNames } from '../../lambdas/ledger/pool/pool.ts';
import { nextMove } from '../../lambdas/ledger/pool/rebalance-plan.ts';
import { readPool } from '../../lambdas/ledger/rows/pool.ts';
import { rebalance } from '../../lambdas/operations/pools/rebalance.ts';
import type { Provider } from '../../lambdas/payouts/providers/provider.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import { bothProviders } from '../harness/both-providers.ts';
import { Processes } from '../harness/contention/processes.ts';
import { USD } from '../harness/in-memory-ledger.ts';
import { notBusy } from '../harness/not-busy.ts';
import { smallPool } from './small-pool.ts';

const PLENTY = 10n ** 15n;

describe('CR-1: what nobody may do to a pool', () => {
  it('a request of a merchant without enough credit moves nothing within the pool', async () => {
    const pool = smallPool();
    pool.fill(8, 1_000_000n, { available: minor(1_000_000n), low: minor(2_000n) });
    pool.merchant('none');
    pool.merchant('little', 1_000n);
    const process = pool.openProcess();
    for (const id of ['none', 'little', 'none', 'little']) {
      for (let times = 0; times < 10; times += 1)
        await pool.time.finish(pool.withdraw(process, id, '900000.00'));
    }
    expect([pool.moves(), pool.root().closed]).toEqual([0, 0]);
    // Nor where shards are small.
    pool.fill(8, 1_000n, { low: minor(2_000n) });
    await pool.time.finish(pool.withdraw(pool.openProcess(), 'none', '50.00'));
    expect(pool.moves()).toBe(0);
  });

  it('amounts that the pool cannot pay do not make its shards look small', async () => {
    const pool = smallPool();
    pool.fill(8, 1_000_000n, { available: minor(1_000_000n), low: minor(2_000n) });
    pool.merchant('rich', PLENTY);
    const process = pool.openProcess();
    for (let times = 0; times < 30; times += 1) {
      const { status } = await pool.time.finish(pool.withdraw(process, 'rich', '900000.00'));
      expect(status).toBe(402);
    }
    expect([pool.moves(), pool.root().closed]).toEqual([0, 0]);
  });
});

describe('CR-2: a pool that can pay does', () => {
  it('one large amount from very many small shards, in its first request', async () => {
    const pool = smallPool();
    pool.fill(96, 1_000n, { low: minor(1_600n) });
    pool.merchant('m', PLENTY);
    const from = pool.time.now();
    const paying = pool.withdraw(pool.openProcess(), 'm', '800.00');
    expect((await pool.time.finish(paying)).status).toBe(202);
    expect(pool.time.now() - from).toBeLessThan(2_000);
  });

  it('learns what is usual also after a tiny first amount', async () => {
    const pool = smallPool();
    pool.fill(4, 10_000_000n);
    pool.merchant('m', PLENTY);
    const process = pool.openProcess();
    await pool.time.finish(pool.withdraw(process, 'm', '0.01'));
    for (let times = 0; times < 100; times += 1)
      await pool.time.finish(pool.withdraw(process, 'm', '10.00'));
    const { low } = process.ledger.pools.of(USD);
    expect(low).toBeGreaterThan(1_500n);
    expect(low).toBeLessThanOrEqual(2_000n);
  });
});

const REFUSES: Provider = {
  pay: async () => ({ kind: 'refused', code: 'account_closed' }),
  inquire: async () => ({ kind: 'refused', code: 'account_closed' }),
};
const TIMERS = {
  claimMs: 20_000,
  leaseMs: 1,
  visibilityMs: 180_000,
  quietMs: 1,
  checkMarginMs: 1,
};

it('WD-6: what 90 rows have paid is refunded while the pool is busy', async () => {
  const pool = smallPool(3);
  pool.fill(96, 100n);
  const ids = Array.from({ length: 2_000 }, (_, index) => `m${index}`);
  for (const id of ids) pool.merchant(id, PLENTY);
  const first = await pool.time.finish(pool.withdraw(pool.openProcess(), 'm0', '90.00'));
  const txnId = String(JSON.parse(first.body).data.id);
  // Only the contention matters here.
  pool.fill(96, 1_000_000n);

  const { ledger } = pool.openProcess(2_500);
  const deps = { ledger, busy: notBusy(ledger), providers: bothProviders(REFUSES), timers: TIMERS };
  let isOver = false;
  const refund = async () => {
    await pool.time.sleep(300);
    const outcome = await settle(deps)({ merchantId: 'm0', txnId });
    isOver = true;
    return outcome;
  };
  const processes = new Processes(pool.openProcess);
  const load = async () => {
    const replies: Promise<unknown>[] = [];
    for (let next = 1; !isOver; next += 1) {
      await pool.time.sleep((-Math.log(1 - pool.time.random()) * 1_000) / 500);
      const id = ids[next % ids.length] ?? 'm1';
      replies.push(processes.inProcess((process) => pool.withdraw(process, id, '5.00')));
    }
    await Promise.all(replies);
  };
  const [outcome] = await pool.time.finish(Promise.all([refund(), load()]));
  expect(outcome).toBe('done');
});

describe('CR-1: the rebalancer', () => {
  it('ends at its deadline, also where every move succeeds', async () => {
    const pool = smallPool();
    pool.fill(60, 1_000n, { targetShards: 0n });
    const from = pool.time.now();
    await pool.time.finish(rebalance(pool.openProcess(200).ledger, USD));
    expect(pool.time.now() - from).toBeLessThan(400);
    expect(pool.root().shards).toBeGreaterThan(0);
  });

  it('plans nothing while a row of the pool is missing from what it read', async () => {
    const pool = smallPool();
    pool.fill(4, 1_000n, { targetShards: 2n });
    const read = await pool.time.finish(readPool(pool.openProcess().ledger, USD));
    if (read === undefined) throw new Error('no pool');
    const existing = new Set(shardNames(4));
    expect(nextMove(read, existing)?.of.shard).toBe('3');
    // Another row would be retired in the place of the last one.
    const torn = { ...read, shards: read.shards.slice(0, -1) };
    expect(nextMove(torn, existing)).toBeUndefined();
  });
});
