import { describe, expect, it } from '@jest/globals';
import { shardNames } from '../../lambdas/ledger/pool/pool.ts';
import { commitMove } from '../../lambdas/ledger/pool/rebalance.ts';
import { readPool } from '../../lambdas/ledger/rows/pool.ts';
import { topUpPool } from '../../lambdas/operations/pools/top-up-pool.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { anyMove } from '../harness/any-move.ts';
import { USD } from '../harness/in-memory-ledger.ts';
import { runPoolLoad } from './pool-load.ts';
import { dollars, type PoolModel, poolModel } from './pool-model.ts';

const FUNDS = 120_000n;
const MOVERS = 3;

/** Moves money between the rows, opens and closes shards, adds and retires them: as fast as it can. */
async function keepMoving({ time, openContext }: PoolModel, isOver: () => boolean): Promise<void> {
  const { ledger } = openContext();
  const below = (most: number) => Math.floor(time.random() * most);
  while (!isOver()) {
    const pool = await readPool(ledger, USD);
    if (pool === undefined || pool.shards.length < pool.root.shards) continue;
    // Every row that ever was is there: none is beyond the first ones.
    const choice = { pick: below(30), kind: below(5), part: below(11) };
    await commitMove(ledger, anyMove(pool, new Set(shardNames(pool.root.shards)), choice));
    await time.sleep(time.random() * 10);
  }
}

/** Debits one after the other. What is paid comes back before the next one, so that the pool always has `FUNDS`. */
async function debitsOfAll(seed: number, amounts: readonly bigint[]) {
  const model = poolModel({ seed, shards: 10, funds: FUNDS, merchants: 1, deadlineMs: 2_000 });
  const withdrawals = model.processesOf(createWithdrawal);
  const topUps = model.processesOf(topUpPool);
  const statuses: number[] = [];
  const debits = async () => {
    for (const units of amounts) {
      const amount = dollars(units);
      const { status } = await model.send(withdrawals, model.anyId(), {}, { amount });
      statuses.push(status);
      if (status === 202) await model.send(topUps, 'admin', { currency: USD }, { amount });
    }
  };
  await model.besideRebalancers(debits(), (isOver) =>
    Array.from({ length: MOVERS }, () => keepMoving(model, isOver)),
  );
  expect(model.audit.violations).toEqual([]);
  return statuses;
}

const times = (count: number, amount: bigint): readonly bigint[] => Array(count).fill(amount);

describe('CR-2: while money moves within the pool all the time', () => {
  it('a debit of all that the pool has, or of a little less, is never refused', async () => {
    for (const seed of [1, 2]) {
      const statuses = await debitsOfAll(seed, [...times(25, FUNDS), ...times(25, FUNDS - 50n)]);
      expect(statuses.filter((status) => status === 402)).toEqual([]);
      // Rows that are always held answer 503: the test is blind if nothing else happens.
      expect(statuses.filter((status) => status === 202).length).toBeGreaterThan(5);
    }
  });

  it('a debit of one cent more is never paid', async () => {
    const statuses = await debitsOfAll(3, times(40, FUNDS + 1n));
    expect(statuses.filter((status) => status === 202)).toEqual([]);
    expect(statuses.filter((status) => status === 402).length).toBeGreaterThan(5);
  });
});

describe('CR-2: equal amounts, of which the last one is exactly what is left', () => {
  it.each([0, 1, 8])('are all paid from a root and %d shards', async (shards) => {
    for (const seed of [1, 2]) {
      const { replies, root, violations, ...pool } = await runPoolLoad({
        ...{ seed, shards, funds: 60_000n, perSecond: 30, seconds: 4, merchants: 100 },
        amount: () => 1_000n,
      });
      expect(violations).toEqual([]);
      expect(replies.filter(({ isFalse }) => isFalse)).toEqual([]);
      expect(replies.filter(({ status }) => status === 202)).toHaveLength(60);
      expect([root, ...pool.shards].filter(({ available }) => available !== 0n)).toEqual([]);
    }
  });
});
