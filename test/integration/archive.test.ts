import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { settle } from '../../lambdas/queue/settle.ts';
import { ROUGH } from '../support/faults.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(51, ROUGH);
  await world.fillPool('100000.00');
});
afterAll(() => world.close());

const archive = (id: string, key: string = randomUUID()) =>
  world.insist('POST /admin/merchants/{id}/archive', { admin: true, key, params: { id } });
const deposit = (id: string, amount: string, currency = 'USD') =>
  world.insist('POST /admin/wallets/{merchant_id}/deposits', {
    admin: true,
    key: randomUUID(),
    params: { merchant_id: id },
    body: { amount, currency },
  });
const withdraw = (as: string, source: string, key: string = randomUUID()) =>
  world.insist('POST /withdrawals', { as, key, body: { amount: '1.00', source } });
const statusOf = async (id: string) =>
  (await world.insist('GET /admin/merchants/{id}', { admin: true, params: { id } })).body.data
    .status;

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
    for (const { id, ended, paid } of outcomes) {
      expect([id, ended]).toEqual([id, !paid]);
      expect([id, await statusOf(id)]).toEqual([id, ended ? 'ARCHIVED' : 'ACTIVE']);
    }
  }, 120_000);

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
