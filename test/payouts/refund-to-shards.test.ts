import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { minor } from '../../lambdas/ledger/money.ts';
import { closeSmall } from '../../lambdas/ledger/pool/rebalance.ts';
import { readPool } from '../../lambdas/ledger/rows/pool.ts';
import { rebalance } from '../../lambdas/operations/pools/rebalance.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import { bothProviders } from '../harness/both-providers.ts';
import { type Harness, startHarness, USD } from '../harness/harness.ts';
import { TIMERS } from '../harness/timers.ts';

const refuse = async () => ({ kind: 'refused', code: 'TEST' }) as const;
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(61, undefined, { poolShards: 2 });
});
afterAll(() => harness.close());

const ledger = () => harness.context.ledger;
const poolNow = async () => {
  const pool = await readPool(ledger(), USD);
  if (pool === undefined) throw new Error('no pool');
  return pool;
};
/** What each row has and has lent, in minor units. */
const heldNow = async () => {
  const { root, shards } = await poolNow();
  return Object.fromEntries(
    [{ ...root, shard: 'ROOT' }, ...shards].map(({ shard, available, lent }) => [
      shard,
      [available, lent],
    ]),
  );
};
const closeShard = async (shard: string): Promise<void> => {
  const row = (await poolNow()).shards.find((each) => each.shard === shard);
  if (row !== undefined)
    await closeSmall(ledger(), { kind: 'retry', small: { shard: row, low: 0n } });
};

type Shares = readonly (readonly [shard: string, amount: bigint])[];
/** The shares of a phase of a transaction, as they are stored. */
async function sharesOf(txnId: string, phase: string): Promise<Shares> {
  const row = (await harness.rows()).find((each) => each['txnId'] === txnId);
  const phases = (row?.['phases'] ?? []) as { name: string; shares: Shares }[];
  return phases.find(({ name }) => name === phase)?.shares ?? [];
}

/** A withdrawal on credit that the bank refuses, and the shares that paid it. */
async function withdrawal(amount: string) {
  const merchantId = await harness.merchant('10000.00');
  const order = { as: merchantId, key: randomUUID(), body: { amount } };
  const { id: txnId } = (await harness.insist('POST /withdrawals', order)).body.data;
  return { message: { merchantId, txnId }, paid: await sharesOf(txnId, 'accept') };
}
const refund = (message: { readonly merchantId: string; readonly txnId: string }) =>
  settle({
    ledger: ledger(),
    busy: harness.context.busy,
    providers: bothProviders({ pay: refuse, inquire: refuse }),
    timers: TIMERS,
  })(message);
describe('WD-6 CR-2: a refund returns to the rows of the pool that paid', () => {
  beforeEach(async () => {
    await harness.fillPool('300.00');
    await rebalance(ledger(), USD);
    expect((await poolNow()).root.closed).toBe(0);
  });

  it('to the shard that paid, while it is open', async () => {
    const before = await heldNow();
    const { message, paid } = await withdrawal('30.00');
    expect(paid).toEqual([[expect.stringMatching(/^[01]$/), 3000n]]);
    expect(await refund(message)).toBe('done');
    expect(await heldNow()).toEqual(before);
    expect(await sharesOf(message.txnId, 'refund')).toEqual(paid);
  });

  it('to the root, after that shard has closed', async () => {
    const { message, paid } = await withdrawal('30.00');
    const [[shard] = ['']] = paid;
    await closeShard(shard);
    const { ROOT: before } = await heldNow();
    expect(await refund(message)).toBe('done');
    const after = await heldNow();
    expect(await sharesOf(message.txnId, 'refund')).toEqual([['ROOT', 3000n]]);
    expect(after['ROOT']?.[0]).toBe((before?.[0] ?? 0n) + 3000n);
    // What it has lent came back to another row: only the sum of a pool counts.
    expect([after[shard]?.[0], after[shard]?.[1], after['ROOT']?.[1]]).toEqual([
      0n,
      3000n,
      (before?.[1] ?? 0n) - 3000n,
    ]);
  });

  it('to the root, where that shard closes after it was read', async () => {
    const { message, paid } = await withdrawal('30.00');
    const [[shard] = ['']] = paid;
    const before = await poolNow();
    // The first transaction claims the payout, the second one refunds it.
    harness.beforeCommit(() => closeShard(shard), 1);
    expect(await refund(message)).toBe('done');
    expect(await sharesOf(message.txnId, 'refund')).toEqual([['ROOT', 3000n]]);
    const after = await poolNow();
    expect(after.root.closed).toBe(before.root.closed + 1);
    expect(after.shards.find((each) => each.shard === shard)).toMatchObject({
      open: false,
      available: minor(0n),
    });
  });

  it('to each of several rows its own share', async () => {
    const { root, shards } = await poolNow();
    const all = [root, ...shards].reduce((sum, { available }) => sum + available, 0n);
    const before = await heldNow();
    const amount = `${(all - 100n) / 100n}.${String((all - 100n) % 100n).padStart(2, '0')}`;
    const { message, paid } = await withdrawal(amount);
    expect(paid).toHaveLength(3);
    expect(await refund(message)).toBe('done');
    expect(await sharesOf(message.txnId, 'refund')).toEqual(paid);
    expect(await heldNow()).toEqual(before);
  });
});
