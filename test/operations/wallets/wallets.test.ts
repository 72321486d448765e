import { randomUUID } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cursorAt } from '../../../lambdas/http/cursor.ts';
import { type Key, merchantKey, walletKey } from '../../../lambdas/ledger/keys.ts';
import { createDeposit } from '../../../lambdas/operations/deposits/create-deposit.ts';
import { settle } from '../../../lambdas/payouts/settle.ts';
import { bothProviders } from '../../harness/both-providers.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Harness, startHarness, USD } from '../../harness/harness.ts';
import { callerOf } from '../../harness/http-caller.ts';
import { TIMERS } from '../../harness/timers.ts';
import { untilDone } from '../../harness/until-done.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(41, ROUGH);
  await harness.fillPool('100000.00');
});
afterAll(() => harness.close());

const deposit = (id: string, amount: string, currency = 'USD', key?: string) =>
  harness.deposit(id, { amount, currency }, key);
const withdraw = (as: string, amount: string, key: string = randomUUID()) =>
  harness.insist('POST /withdrawals', { as, key, body: { amount, source: 'wallet' } });
const wallet = async (as: string, currency = 'USD') =>
  (await harness.insist('GET /wallets/{currency}', { as, params: { currency } })).body;

describe('a wallet', () => {
  it('WA-1 WA-2 WA-4: is opened by the first deposit in its currency, exact to the last decimal', async () => {
    const id = await harness.merchant('10.00');
    expect((await wallet(id, 'BTC')).code).toBe('wallet_not_found');
    const reply = await deposit(id, '0.12345678', 'btc');
    expect([reply.status, reply.body.data.amount]).toEqual([201, '0.12345678']);
    await deposit(id, '1.00000000', 'BTC');
    await deposit(id, '500', 'JPY');
    await deposit(id, '2500', 'irt');
    const { items } = (await harness.insist('GET /wallets', { as: id })).body.data;
    expect(items).toEqual([
      { currency: 'BTC', available: '1.12345678', pending: '0.00000000', releases: [] },
      { currency: 'IRT', available: '2500', pending: '0', releases: [] },
      { currency: 'JPY', available: '500', pending: '0', releases: [] },
      { currency: 'USD', available: '0.00', pending: '0.00', releases: [] },
    ]);
  });

  it('WA-1: refuses an amount with more decimals than its currency', async () => {
    const id = await harness.merchant('10.00');
    for (const [amount, currency] of [
      ['0.123456789', 'BTC'],
      ['1.5', 'JPY'],
      ['1.5', 'IRT'],
      ['1.001', 'USD'],
    ] as const) {
      const reply = await deposit(id, amount, currency);
      expect([reply.status, reply.body.errors[0].code]).toEqual([422, 'amount_too_precise']);
    }
    expect((await deposit(id, '1', 'DOGE')).body.errors[0].field).toBe('currency');
  });

  it('WA-2: is not opened for an unknown merchant or one that is not approved', async () => {
    expect((await deposit('unknown', '1.00')).body.code).toBe('merchant_not_found');
    expect((await deposit(await harness.register(), '1.00')).body.code).toBe(
      'merchant_cannot_receive',
    );
  });

  it('WA-3: receives deposits while its merchant is suspended, and refuses them once it is closed', async () => {
    const id = await harness.merchant('10.00');
    await harness.insist('POST /admin/merchants/{id}/suspend', { admin: true, params: { id } });
    expect((await deposit(id, '1.00')).status).toBe(201);
    await harness.faultless.send(
      new UpdateCommand({
        TableName: harness.context.ledger.table,
        Key: { ...walletKey(id, USD) },
        UpdateExpression: 'SET closed = :yes',
        ExpressionAttributeValues: { ':yes': true },
      }),
    );
    expect((await deposit(id, '1.00')).body.code).toBe('wallet_closed');
  });

  it('WA-2: receives a deposit where another one opened it as the ninetieth between the reads', async () => {
    const id = await harness.merchant('10.00');
    await harness.faultless.send(
      new UpdateCommand({
        TableName: harness.context.ledger.table,
        Key: { ...merchantKey(id) },
        UpdateExpression: 'SET wallets = :most',
        ExpressionAttributeValues: { ':most': 89n },
      }),
    );
    const { ledger } = harness.context;
    let isFirst = true;
    // DynamoDB may leave a row out of a batch: the merchant's is then read later than the wallet's.
    const load = async (key: Key): Promise<unknown> => {
      if (key.sk === 'MERCHANT' && isFirst) {
        isFirst = false;
        expect((await deposit(id, '1.00', 'EUR')).status).toBe(201);
      }
      return ledger.load(key);
    };
    const call = callerOf({ ...harness.context, ledger: { ...ledger, load } }, createDeposit);
    const request = { admin: true, key: 'mine', params: { merchant_id: id } };
    const body = { amount: '2.00', currency: 'EUR' };
    for (;;) {
      const reply = await call('POST /admin/wallets/{merchant_id}/deposits', { ...request, body });
      if (reply.status === 503) continue;
      expect([reply.status, reply.body.code]).toEqual([201, undefined]);
      break;
    }
    expect((await wallet(id, 'EUR')).data.available).toBe('3.00');
  });

  it('AP-1 WA-2: is opened once by forty concurrent first deposits and holds all of them', async () => {
    const id = await harness.merchant('10.00');
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

describe('the list of pending releases', () => {
  it.each(['~', '~~~', `${'9'.repeat(300)}`, '!', '2026'])(
    'AP-6: refuses a forged cursor whose position is %j',
    async (position) => {
      const id = await harness.merchant('10.00');
      const cursor = String(cursorAt(JSON.stringify(['releases', id, 'USD']), position));
      const request = { as: id, params: { currency: 'USD' }, query: { cursor } };
      const reply = await harness.insist('GET /wallets/{currency}/releases', request);
      expect([reply.status, reply.body.code]).toEqual([400, 'invalid_cursor']);
    },
  );
});

describe('a withdrawal from the wallet', () => {
  it('OP-3 WD-1: succeeds four times of five concurrent 250s against 1000, and leaves nothing', async () => {
    const id = await harness.merchant('10.00');
    await deposit(id, '1000.00');
    const replies = await Promise.all(Array.from({ length: 5 }, () => withdraw(id, '250.00')));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([202, 202, 202, 202, 402]);
    expect((await wallet(id)).data.available).toBe('0.00');
  });

  it('WD-1: is refused above what the wallet holds, even where the credit covers it', async () => {
    const id = await harness.merchant('1000.00');
    await deposit(id, '10.00');
    expect((await withdraw(id, '10.01')).body.code).toBe('insufficient_funds');
    expect((await withdraw(id, '10.00')).body.data.source).toBe('wallet');
    const me = (await harness.insist('GET /me', { as: id })).body.data;
    expect(me.credit[0].utilised).toBe('0.00');
  });

  it('WD-6: returns to the wallet once where the bank refuses it, and no pool changes', async () => {
    const id = await harness.merchant('10.00');
    await deposit(id, '30.00');
    const pool = { admin: true, params: { currency: 'USD' } };
    const before = (await harness.insist('GET /admin/pools/{currency}', pool)).body.data;
    const { id: txnId } = (await withdraw(id, '25.00')).body.data;
    const refuse = async () => ({ kind: 'refused', code: 'account_closed' }) as const;
    const worker = settle({
      ledger: harness.context.ledger,
      busy: harness.context.busy,
      providers: bothProviders({ pay: refuse, inquire: refuse }),
      timers: TIMERS,
    });
    await untilDone(
      () => worker({ merchantId: id, txnId }),
      () => {
        harness.clock.now = new Date(harness.clock.now.getTime() + 120_000);
      },
    );
    expect((await wallet(id)).data.available).toBe('30.00');
    expect((await harness.insist('GET /admin/pools/{currency}', pool)).body.data).toEqual(before);
  });
});
