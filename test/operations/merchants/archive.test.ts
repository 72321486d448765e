import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { settle } from '../../../lambdas/payouts/settle.ts';
import { ROUGH } from '../../harness/faults.ts';
import { startWorld, type World } from '../../harness/harness.ts';
import { readBooks } from '../../model/snapshot.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(51, ROUGH);
  await world.fillPool('100000.00');
});
afterAll(() => world.close());

const archive = (id: string, key: string = randomUUID()) =>
  world.insist('POST /admin/merchants/{id}/archive', { admin: true, key, params: { id } });
const deposit = (id: string, amount: string, currency = 'USD') =>
  world.deposit(id, { amount, currency });
const withdraw = (as: string, source: string, key: string = randomUUID()) =>
  world.insist('POST /withdrawals', { as, key, body: { amount: '1.00', source } });
describe('archiving a merchant', () => {
  it('ID-2: ends it for good: no withdrawal, no deposit, no way back', async () => {
    const id = await world.merchant('10.00');
    const reply = await archive(id, 'k-end');
    expect([reply.status, reply.body.data.status]).toEqual([200, 'ARCHIVED']);
    expect((await archive(id, 'k-end')).text).toBe(reply.text);
    expect((await archive(id)).body.code).toBe('merchant_not_archivable');
    expect((await withdraw(id, 'credit')).body.code).toBe('merchant_archived');
    expect((await deposit(id, '1.00')).body.code).toBe('merchant_cannot_receive');
    const back = { admin: true, params: { id } };
    expect((await world.insist('POST /admin/merchants/{id}/reactivate', back)).status).toBe(409);
    const { items } = (
      await world.insist('GET /admin/merchants', { admin: true, query: { status: 'ARCHIVED' } })
    ).body.data;
    expect(items.map((each: { id: string }) => each.id)).toContain(id);
  });

  it('ID-2: is refused while a wallet holds money, credit is used, or a payout is under way', async () => {
    const rich = await world.merchant('10.00');
    await deposit(rich, '0.01');
    expect((await archive(rich)).body.code).toBe('merchant_not_empty');
    const owing = await world.merchant('10.00');
    await withdraw(owing, 'credit');
    expect((await archive(owing)).body.code).toBe('merchant_not_empty');

    const paying = await world.merchant('10.00');
    await deposit(paying, '1.00');
    const txnId = (await withdraw(paying, 'wallet')).body.data.id;
    // Its wallet is empty; but the bank may yet refuse, and the money would come back.
    expect((await archive(paying)).body.code).toBe('merchant_not_empty');
    const paid = async () => ({ kind: 'succeeded', reference: 'r' }) as const;
    const worker = settle({
      ledger: world.books.ledger,
      bank: { pay: paid, inquire: paid },
      now: () => world.clock.now,
      timers: { claimMs: 1_000, leaseMs: 90_000, visibilityMs: 180_000, quietMs: 600_000 },
    });
    while ((await worker({ merchantId: paying, txnId })) !== 'done') {
      world.clock.now = new Date(world.clock.now.getTime() + 120_000);
    }
    expect((await archive(paying)).status).toBe(200);
  });

  it('ID-2: is for merchants that were approved, and exist', async () => {
    expect((await archive('nobody')).body.code).toBe('merchant_not_found');
    expect((await archive(await world.register())).body.code).toBe('merchant_not_archivable');
  });

  it('ID-2 OP-3: against a deposit, 100 times: one of them wins, and no archived merchant holds money', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const id = await world.merchant('10.00');
        // Every other one into a wallet that does not exist yet.
        const currency = index % 2 === 0 ? 'USD' : 'EUR';
        const [ended, paid] = await Promise.all([archive(id), deposit(id, '5.00', currency)]);
        return { id, ended: ended.status === 200, paid: paid.status === 201 };
      }),
    );
    const { merchants } = await readBooks(world);
    const statuses = new Map(merchants.map(({ id, status }) => [id, status]));
    for (const { id, ended, paid } of outcomes) {
      expect([id, ended]).toEqual([id, !paid]);
      expect([id, statuses.get(id)]).toEqual([id, ended ? 'ARCHIVED' : 'ACTIVE']);
    }
  }, 120_000);

  it('ID-2 WA-5 OP-3: against an incoming transfer, 500 times: one of them wins, never both', async () => {
    const payers = await Promise.all(Array.from({ length: 50 }, () => world.merchant('1.00')));
    for (const id of payers)
      for (const currency of ['USD', 'EUR']) await deposit(id, '20.00', currency);
    const outcomes: { payee: string; ended: boolean; paid: boolean }[] = [];
    for (let round = 0; round < 10; round += 1) {
      const races = payers.map(async (as, index) => {
        const payee = await world.merchant('10.00');
        // Every other one has to open a wallet for it.
        const body = { to: payee, amount: '1.00', currency: index % 2 === 0 ? 'USD' : 'EUR' };
        const transfer = world.insist('POST /transfers', { as, key: randomUUID(), body });
        const [ended, paid] = await Promise.all([archive(payee), transfer]);
        return { payee, ended: ended.status === 200, paid: paid.status === 201 };
      });
      outcomes.push(...(await Promise.all(races)));
    }
    const { merchants, wallets } = await readBooks(world);
    const statuses = new Map(merchants.map(({ id, status }) => [id, status]));
    for (const { payee, ended, paid } of outcomes) {
      expect([payee, ended]).toEqual([payee, !paid]);
      expect([payee, statuses.get(payee)]).toEqual([payee, ended ? 'ARCHIVED' : 'ACTIVE']);
      const received = wallets.filter(({ owner }) => owner === payee);
      expect(received.reduce((sum, { available }) => sum + available, 0n)).toBe(paid ? 1_00n : 0n);
    }
    const made = BigInt(outcomes.filter(({ paid }) => paid).length);
    expect(made > 0n && made < 500n).toBe(true);
    const left = wallets.filter(({ owner }) => payers.includes(owner));
    // Each cost its fee of two per cent.
    expect(left.reduce((sum, { available }) => sum + available, 0n)).toBe(2_000_00n - made * 1_02n);
  }, 180_000);

  it('ID-2: against a withdrawal, 50 times: never both', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const id = await world.merchant('10.00');
        const [ended, spent] = await Promise.all([archive(id), withdraw(id, 'credit')]);
        return [ended.status === 200, spent.status === 202];
      }),
    );
    expect(outcomes.filter(([ended, spent]) => ended === spent)).toEqual([]);
  }, 120_000);
});
