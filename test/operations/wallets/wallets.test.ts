import { randomUUID } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { walletKey } from '../../../lambdas/ledger/keys.ts';
import { settle } from '../../../lambdas/payouts/settle.ts';
import { ROUGH } from '../../harness/faults.ts';
import { startWorld, USD, type World } from '../../harness/harness.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(41, ROUGH);
  await world.fillPool('100000.00');
});
afterAll(() => world.close());

const deposit = (id: string, amount: string, currency = 'USD', key?: string) =>
  world.deposit(id, { amount, currency }, key);
const withdraw = (as: string, amount: string, key: string = randomUUID()) =>
  world.insist('POST /withdrawals', { as, key, body: { amount, source: 'wallet' } });
const wallet = async (as: string, currency = 'USD') =>
  (await world.insist('GET /wallets/{currency}', { as, params: { currency } })).body;

describe('a wallet', () => {
  it('WA-1 WA-2 WA-4: is made by the first deposit in its currency, exact to its last decimal', async () => {
    const id = await world.merchant('10.00');
    expect((await wallet(id, 'BTC')).code).toBe('wallet_not_found');
    const reply = await deposit(id, '0.12345678', 'btc');
    expect([reply.status, reply.body.data.amount]).toEqual([201, '0.12345678']);
    await deposit(id, '1.00000000', 'BTC');
    await deposit(id, '500', 'JPY');
    const { items } = (await world.insist('GET /wallets', { as: id })).body.data;
    expect(items).toEqual([
      { currency: 'BTC', available: '1.12345678', pending: '0.00000000', releases: [] },
      { currency: 'JPY', available: '500', pending: '0', releases: [] },
      { currency: 'USD', available: '0.00', pending: '0.00', releases: [] },
    ]);
  });

  it('WA-1: takes no amount finer than its currency', async () => {
    const id = await world.merchant('10.00');
    for (const [amount, currency] of [
      ['0.123456789', 'BTC'],
      ['1.5', 'JPY'],
      ['1.001', 'USD'],
    ] as const) {
      const reply = await deposit(id, amount, currency);
      expect([reply.status, reply.body.errors[0].code]).toEqual([422, 'amount_too_precise']);
    }
    expect((await deposit(id, '1', 'DOGE')).body.errors[0].field).toBe('currency');
  });

  it('WA-2: is not opened for a merchant that is unknown, or not approved', async () => {
    expect((await deposit('nobody', '1.00')).body.code).toBe('merchant_not_found');
    expect((await deposit(await world.register(), '1.00')).body.code).toBe(
      'merchant_cannot_receive',
    );
  });

  it('WA-3: a suspended merchant still receives, and a closed wallet does not', async () => {
    const id = await world.merchant('10.00');
    await world.insist('POST /admin/merchants/{id}/suspend', { admin: true, params: { id } });
    expect((await deposit(id, '1.00')).status).toBe(201);
    await world.calm.send(
      new UpdateCommand({
        TableName: world.books.ledger.table,
        Key: { ...walletKey(id, USD) },
        UpdateExpression: 'SET closed = :yes',
        ExpressionAttributeValues: { ':yes': true },
      }),
    );
    expect((await deposit(id, '1.00')).body.code).toBe('wallet_closed');
  });

  it('AP-1 WA-2: forty first deposits at once open one wallet that holds them all', async () => {
    const id = await world.merchant('10.00');
    const replies = await Promise.all(Array.from({ length: 40 }, () => deposit(id, '1.00', 'EUR')));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    expect((await wallet(id, 'EUR')).data.available).toBe('40.00');
    const copies = await Promise.all(
      Array.from({ length: 20 }, () => deposit(id, '2.00', 'EUR', 'the-same')),
    );
    expect(new Set(copies.map(({ text }) => text)).size).toBe(1);
    expect((await wallet(id, 'EUR')).data.available).toBe('42.00');
  }, 60_000);
});

describe('a withdrawal from the wallet', () => {
  it('OP-3 WD-1: of five times 250 at once against 1000, four succeed and nothing is left over', async () => {
    const id = await world.merchant('10.00');
    await deposit(id, '1000.00');
    const replies = await Promise.all(Array.from({ length: 5 }, () => withdraw(id, '250.00')));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([202, 202, 202, 202, 402]);
    expect((await wallet(id)).data.available).toBe('0.00');
  });

  it('WD-1: is refused above what the wallet holds, though the credit would cover it', async () => {
    const id = await world.merchant('1000.00');
    await deposit(id, '10.00');
    expect((await withdraw(id, '10.01')).body.code).toBe('insufficient_funds');
    expect((await withdraw(id, '10.00')).body.data.source).toBe('wallet');
    const me = (await world.insist('GET /me', { as: id })).body.data;
    expect(me.credit[0].utilised).toBe('0.00');
  });

  it('WD-6: that the bank refuses comes back to the wallet, once, and no pool hears of it', async () => {
    const id = await world.merchant('10.00');
    await deposit(id, '30.00');
    const pool = { admin: true, params: { currency: 'USD' } };
    const before = (await world.insist('GET /admin/pools/{currency}', pool)).body.data;
    const { id: txnId } = (await withdraw(id, '25.00')).body.data;
    const refusing = async () => ({ kind: 'refused', code: 'account_closed' }) as const;
    const worker = settle({
      ledger: world.books.ledger,
      bank: { pay: refusing, inquire: refusing },
      now: () => world.clock.now,
      timers: { claimMs: 1_000, leaseMs: 90_000, visibilityMs: 180_000, quietMs: 600_000 },
    });
    while ((await worker({ merchantId: id, txnId })) !== 'done') {
      world.clock.now = new Date(world.clock.now.getTime() + 120_000);
    }
    expect((await wallet(id)).data.available).toBe('30.00');
    expect((await world.insist('GET /admin/pools/{currency}', pool)).body.data).toEqual(before);
  });
});
