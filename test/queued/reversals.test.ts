import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { markBusy } from '../../lambdas/ledger/busy/marker.ts';
import { type Harness, type Reply, startHarness } from '../harness/harness.ts';
import { notBusy } from '../harness/not-busy.ts';
import { expectConsistentLedger } from '../model/invariants.ts';
import { readSnapshot } from '../model/snapshot.ts';
import { walletOf } from '../operations/confirmations/setup.ts';

/** On a DynamoDB engine. Whoever is marked as busy hands over at once, so a test chooses each group. */
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(23);
  await harness.fillPool('1000.00');
});
afterAll(() => harness.close());

const busy = async (merchantId: string, messages: number): Promise<void> => {
  await markBusy(harness.context.responses, merchantId, [], harness.clock.now);
  harness.queue.gather = messages;
};
const deposited = async (id: string, amount: string, release_at?: string): Promise<string> =>
  (await harness.deposit(id, { amount, ...(release_at !== undefined && { release_at }) })).body.data
    .id;
const reverse = (id: string) =>
  harness.call('POST /admin/transactions/{id}/reverse', {
    admin: true,
    key: randomUUID(),
    params: { id },
  });
const withdraw = (as: string, amount: string) =>
  harness.call('POST /withdrawals', {
    as,
    key: randomUUID(),
    body: { amount, source: 'wallet' },
  });
const kinds = (replies: readonly Reply[]): readonly string[] =>
  replies.map(({ status, body }) => String(body.code ?? status)).toSorted();
const writesOf = async (id: string): Promise<bigint | undefined> =>
  (await readSnapshot(harness)).wallets.find(({ owner }) => owner === id)?.version;

describe('OP-3 WA-9: reversals on a busy merchant', () => {
  it('are decided with its debits in one transaction: each deposit once, and only what is there', async () => {
    const id = await harness.merchant('1.00');
    const [one, other, pending] = [
      await deposited(id, '10.00'),
      await deposited(id, '10.00'),
      await deposited(id, '10.00', '2026-11-21T12:00:00.000Z'),
    ];
    const before = (await writesOf(id)) ?? 0n;
    await busy(id, 6);
    const replies = await Promise.all([
      ...[one, one, other, pending].map((each) => reverse(each)),
      withdraw(id, '10.00'),
      withdraw(id, '10.00'),
    ]);
    const outcomes = kinds(replies);
    // Two of the four take what is available, in whatever order they came.
    expect(outcomes).toHaveLength(6);
    expect(replies.filter(({ status }) => status < 300)).toHaveLength(3);
    expect(replies[3]?.status).toBe(201);
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
    expect(await writesOf(id)).toBe(before + 1n);
    expectConsistentLedger(await readSnapshot(harness), { areGrouped: true });
  });

  it('see what another admin has reversed between their read and the commit of the group', async () => {
    const id = await harness.merchant('1.00');
    const mistake = await deposited(id, '10.00');
    await deposited(id, '10.00');
    await busy(id, 2);
    let direct: Reply | undefined;
    harness.beforeCommit(async () => {
      const { context } = harness;
      const { busy: groups } = context;
      Object.assign(context, { busy: notBusy(context.ledger) });
      direct = await reverse(mistake);
      Object.assign(context, { busy: groups });
    });
    const replies = await Promise.all([reverse(mistake), withdraw(id, '10.00')]);
    expect(direct?.status).toBe(201);
    expect(kinds(replies)).toEqual(['202', 'transaction_already_reversed']);
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
  });

  it('of a top-up concern no merchant, and are decided alone', async () => {
    const topUp = await harness.insist('POST /admin/pools/{currency}/topups', {
      admin: true,
      key: randomUUID(),
      params: { currency: 'USD' },
      body: { amount: '5.00' },
    });
    expect((await reverse(topUp.body.data.id)).status).toBe(201);
  });
});
