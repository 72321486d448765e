import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newMerchantId } from '../../../lambdas/ledger/merchant-id.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Harness, startHarness } from '../../harness/harness.ts';
import { sizeOf } from '../../harness/size.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(61, ROUGH);
});
afterAll(() => harness.close());

type Party = { readonly id: string; readonly name: string };
async function party(fee = '2', funds?: string, name = `t-${randomUUID()}`): Promise<Party> {
  const id = await harness.register(name);
  const approve = {
    admin: true,
    key: randomUUID(),
    params: { id },
    body: { credit_limit: '1.00' },
  };
  await harness.insist('POST /admin/merchants/{id}/approve', approve);
  await harness.insist('PATCH /admin/merchants/{id}', {
    admin: true,
    params: { id },
    body: { fee },
  });
  if (funds !== undefined) await deposit(id, funds);
  return { id, name };
}
const deposit = (id: string, amount: string, currency = 'USD') =>
  harness.deposit(id, { amount, currency });
const transfer = (
  as: Party,
  to: string,
  amount: string,
  currency = 'USD',
  key: string = randomUUID(),
) => harness.insist('POST /transfers', { as: as.id, key, body: { to, amount, currency } });
const held = async ({ id }: Party, currency = 'USD'): Promise<string | undefined> =>
  (await harness.insist('GET /wallets/{currency}', { as: id, params: { currency } })).body.data
    ?.available;
const cents = (amount: string | undefined) => BigInt((amount ?? '0').replace('.', ''));

describe('a transfer', () => {
  it('WA-5 ID-5: moves the amount to the payee, opens its wallet and charges the payer a fee on top', async () => {
    const [alice, bob] = [await party(), await party()];
    await deposit(alice.id, '0.20000000', 'BTC');
    const reply = await transfer(alice, bob.name.toUpperCase(), '0.1', 'BTC');
    expect(reply.status).toBe(201);
    expect(reply.body.data).toMatchObject({
      direction: 'out',
      from: alice.name,
      to: bob.name,
      amount: '0.10000000',
      fee: '0.00200000',
    });
    expect([await held(alice, 'BTC'), await held(bob, 'BTC')]).toEqual([
      '0.09800000',
      '0.10000000',
    ]);
  });

  it('WA-5: pays the merchant of an id in any case, even where another merchant has that id as its name', async () => {
    const [alice, bob] = [await party('0', '10.00'), await party()];
    const mallory = await party('0', undefined, bob.id.toLowerCase());
    for (const to of [bob.id, bob.id.toLowerCase()]) {
      expect((await transfer(alice, to, '1.00')).body.data.to).toBe(bob.name);
    }
    expect(await held(bob)).toBe('2.00');
    expect(await held(mallory)).toBe('0.00');
  });

  it('WA-5: is never made by name to what looks like an id', async () => {
    const alice = await party('0', '10.00');
    const { name } = await party('0', undefined, newMerchantId(new Date()).toLowerCase());
    expect((await transfer(alice, name, '1.00')).body.code).toBe('payee_not_found');
  });

  it('WA-5: is refused to oneself by an id in lower case', async () => {
    const alice = await party('0', '10.00');
    expect((await transfer(alice, alice.id.toLowerCase(), '1.00')).body.code).toBe('self_transfer');
  });

  it('WA-5: is refused to oneself, to an unknown payee and above what the wallet holds with the fee', async () => {
    const [alice, bob] = [await party('2', '10.00'), await party()];
    const refusals = [
      await transfer(alice, alice.name, '1.00'),
      await transfer(alice, 'unknown-name', '1.00'),
      await transfer(alice, bob.name, '10.00'),
      await transfer(alice, bob.name, '1.00', 'EUR'),
    ].map(({ status, body }) => [status, body.code]);
    expect(refusals).toEqual([
      [422, 'self_transfer'],
      [404, 'payee_not_found'],
      [402, 'insufficient_funds'],
      [404, 'wallet_not_found'],
    ]);
    expect([await held(alice), await held(bob)]).toEqual(['10.00', '0.00']);
  });

  it('OP-3 WA-5: succeeds four times of five concurrent 250s against 1000 without a fee', async () => {
    const [alice, bob] = [await party('0', '1000.00'), await party()];
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => transfer(alice, bob.name, '250.00')),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 201, 402]);
    expect([await held(alice), await held(bob)]).toEqual(['0.00', '1000.00']);
  });

  it('AP-1 WA-5: moves the money once in thirty concurrent copies', async () => {
    const [alice, bob] = [await party('2', '100.00'), await party()];
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => transfer(alice, bob.name, '50.00', 'USD', 'once')),
    );
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect([await held(alice), await held(bob)]).toEqual(['49.00', '50.00']);
  });

  it('OP-3 WA-5: neither loses a cent nor blocks in 2,000 transfers in both directions', async () => {
    const [alice, bob] = [await party('0', '1000.00'), await party('0', '1000.00')];
    const worker = async (from: Party, to: Party) => {
      for (let count = 0; count < 500; count += 1) {
        expect((await transfer(from, to.name, '1.00')).status).toBe(201);
      }
    };
    await Promise.all([0, 1].flatMap(() => [worker(alice, bob), worker(bob, alice)]));
    expect(cents(await held(alice)) + cents(await held(bob))).toBe(200_000n);
    expect(await held(alice)).toBe('1000.00');
  }, 120_000);
});

describe('a merchant that receives payments constantly', () => {
  it('OP-3 WA-5 WD-1: withdraws at the first call while fifty payers pay it', async () => {
    const payee = await party('0', '100.00');
    const payers = await Promise.all(Array.from({ length: 50 }, () => party('0', '100.00')));
    let paying = payers.length;
    const pay = async (payer: Party) => {
      for (let count = 0; count < 10; count += 1) {
        expect((await transfer(payer, payee.name, '1.00')).status).toBe(201);
      }
      paying -= 1;
    };
    const payments = Promise.all(payers.map(pay));
    let withdrawn = 0;
    while (paying > 0) {
      // A single call: a withdrawal that incoming payments starve would get 503.
      const order = { as: payee.id, key: randomUUID(), body: { amount: '2.00', source: 'wallet' } };
      expect((await harness.call('POST /withdrawals', order)).status).toBe(202);
      withdrawn += 1;
    }
    await payments;
    expect(withdrawn).toBeGreaterThan(20);
    expect(cents(await held(payee))).toBe(600_00n - BigInt(withdrawn) * 2_00n);
  }, 120_000);
});

describe('the list of transfers', () => {
  it('WA-6 LE-2: is filtered by payer, payee and currency, newest first, for both parties', async () => {
    const [alice, bob, carol] = [
      await party('2', '100.00'),
      await party('2', '100.00'),
      await party(),
    ];
    const tick = () => {
      harness.clock.now = new Date(harness.clock.now.getTime() + 1_000);
    };
    const make = async (from: Party, to: Party, currency = 'USD') => {
      tick();
      return String((await transfer(from, to.name, '1.00', currency)).body.data.id);
    };
    await deposit(alice.id, '10.00', 'EUR');
    const toBob = await make(alice, bob);
    const toCarol = await make(alice, carol);
    const back = await make(bob, alice);
    const euros = await make(alice, bob, 'EUR');
    const list = async (as: Party, query: Record<string, string> = {}) =>
      (await harness.insist('GET /transfers', { as: as.id, query })).body.data;
    const ids = async (as: Party, query?: Record<string, string>) =>
      (await list(as, query)).items.map(({ id }: { id: string }) => id);

    expect(await ids(alice)).toEqual([euros, back, toCarol, toBob]);
    expect(await ids(alice, { payer: alice.name })).toEqual([euros, toCarol, toBob]);
    expect(await ids(alice, { payee: alice.id })).toEqual([back]);
    expect(await ids(alice, { payer: alice.name, payee: bob.name, currency: 'usd' })).toEqual([
      toBob,
    ]);
    expect(await ids(bob)).toEqual([euros, back, toBob]);
    expect(await ids(carol)).toEqual([toCarol]);

    const first = await list(alice, { limit: '3' });
    const rest = await list(alice, { limit: '3', cursor: first.next_cursor });
    expect(rest.items.map(({ id }: { id: string }) => id)).toEqual([toBob]);

    // The payee reads it without the payer's fee. A third merchant does not find it.
    const read = (as: Party) =>
      harness.insist('GET /transactions/{id}', { as: as.id, params: { id: toBob } });
    const received = (await read(bob)).body.data;
    expect(received).toMatchObject({ direction: 'in', from: alice.name, amount: '1.00' });
    expect(received).not.toHaveProperty('fee');
    expect((await read(carol)).status).toBe(404);
  });
});

describe('fee tiers', () => {
  const change = (id: string, body: object) =>
    harness.insist('PATCH /admin/merchants/{id}', { admin: true, params: { id }, body });
  const preview = (as: Party, to: string, amount: string, key?: string) =>
    harness.insist('POST /transfers', {
      as: as.id,
      ...(key !== undefined && { key }),
      query: { preview: 'true' },
      body: { to, amount },
    });

  it('WA-8: apply by the month’s volume before the transfer, and the response names the tier', async () => {
    const [alice, bob] = [await party('2', '1000.00'), await party()];
    const fee_tiers = [
      { currency: 'usd', from_volume: '100', fee: '1' },
      { currency: 'USD', from_volume: '300.00', fee: '0.5' },
      { currency: 'EUR', from_volume: '1.00', fee: '0' },
    ];
    const changed = (await change(alice.id, { fee_tiers })).body.data;
    expect(changed).toMatchObject({
      fee: '2.00',
      fee_tiers: [
        { currency: 'EUR', from_volume: '1.00', fee: '0.00' },
        { currency: 'USD', from_volume: '100.00', fee: '1.00' },
        { currency: 'USD', from_volume: '300.00', fee: '0.50' },
      ],
    });
    const priceFor = async (amount: string) => {
      const { fee, fee_rate, fee_tier, total } = (await transfer(alice, bob.name, amount)).body
        .data;
      return [fee, fee_rate, fee_tier?.from_volume, total];
    };
    expect(await priceFor('99.99')).toEqual(['2.00', '2.00', undefined, '101.99']);
    expect(await priceFor('0.01')).toEqual(['0.00', '2.00', undefined, '0.01']);
    expect(await priceFor('250.00')).toEqual(['2.50', '1.00', '100.00', '252.50']);
    expect(await priceFor('100.00')).toEqual(['0.50', '0.50', '300.00', '100.50']);
    // A new local month.
    const before = harness.clock.now;
    harness.clock.now = new Date('2026-12-05T00:00:00.000Z');
    expect(await priceFor('10.00')).toEqual(['0.20', '2.00', undefined, '10.20']);
    harness.clock.now = before;
    expect((await change(alice.id, { fee_tiers: [] })).body.data.fee_tiers).toEqual([]);
  });

  it('WA-8: a preview returns the price of the transfer and writes nothing', async () => {
    const [alice, bob] = [await party('2', '1000.00'), await party()];
    await change(alice.id, { fee_tiers: [{ currency: 'USD', from_volume: '50', fee: '1' }] });
    await transfer(alice, bob.name, '50.00');
    const allRows = async () => [await harness.rows(), await harness.responses()];
    const before = await allRows();
    const priced = await preview(alice, bob.name, '30.00', 'k');
    expect([priced.status, priced.body.data]).toEqual([
      200,
      {
        type: 'transfer',
        preview: true,
        from: alice.name,
        to: bob.name,
        amount: '30.00',
        fee: '0.30',
        total: '30.30',
        fee_rate: '1.00',
        fee_tier: { from_volume: '50.00' },
        currency: 'USD',
      },
    ]);
    expect((await preview(alice, bob.name, '5000.00')).body.code).toBe('insufficient_funds');
    expect((await preview(alice, alice.name, '1.00')).body.code).toBe('self_transfer');
    expect((await preview(alice, 'unknown', '1.00')).body.code).toBe('payee_not_found');
    expect((await preview(alice, bob.name, '1.001')).body.errors[0].field).toBe('amount');
    expect(await allRows()).toEqual(before);
    // The key is still free for the transfer itself.
    expect((await transfer(alice, bob.name, '30.00', 'USD', 'k')).body.data.total).toBe('30.30');
    const withoutKey = {
      as: alice.id,
      query: { preview: 'false' },
      body: { to: bob.name, amount: '1' },
    };
    expect((await harness.call('POST /transfers', withoutKey)).body.code).toBe(
      'idempotency_key_required',
    );
    const other = { as: alice.id, key: 'x', query: { preview: 'yes' }, body: withoutKey.body };
    expect((await harness.insist('POST /transfers', other)).body.errors[0].field).toBe('preview');
  });

  it('WA-8: are refused by field where they overlap, fall, are missing or are too many', async () => {
    const { id } = await party();
    const tier = (from_volume: unknown, fee: unknown = '1', currency = 'USD') => ({
      currency,
      from_volume,
      fee,
    });
    const invalid: [object, string, string][] = [
      [{ fee_tiers: [tier('5'), tier('5.00', '2')] }, 'fee_tiers.1.from_volume', 'tiers_overlap'],
      [
        { fee_tiers: [tier('5'), tier('1', '1', 'EUR'), tier('4')] },
        'fee_tiers.2.from_volume',
        'tiers_fall',
      ],
      [{ fee_tiers: [tier('0')] }, 'fee_tiers.0.from_volume', 'amount_not_positive'],
      [{ fee_tiers: [tier('-1')] }, 'fee_tiers.0.from_volume', 'amount_malformed'],
      [{ fee_tiers: [tier('1.001')] }, 'fee_tiers.0.from_volume', 'amount_too_precise'],
      [{ fee_tiers: [tier('1', '100')] }, 'fee_tiers.0.fee', 'fee_malformed'],
      [{ fee_tiers: [tier('1', '1.1234567')] }, 'fee_tiers.0.fee', 'fee_malformed'],
      [{ fee_tiers: [tier('1', '1', 'XXX')] }, 'fee_tiers.0.currency', 'currency_unknown'],
      [
        { fee_tiers: Array.from({ length: 11 }, (_, index) => tier(String(index + 1))) },
        'fee_tiers',
        'too_long',
      ],
      [{ fee_tiers: 'none' }, 'fee_tiers', 'wrong_type'],
      [{}, 'body', 'nothing_to_change'],
    ];
    for (const [body, field, code] of invalid) {
      const reply = await change(id, body);
      expect([reply.status, reply.body.errors]).toMatchObject([422, [{ field, code }]]);
    }
    const rows = (await harness.rows()).filter(
      ({ pk, sk }) => pk === `M#${id}` && sk === 'MERCHANT',
    );
    expect(rows).toMatchObject([{ feeTiers: {} }]);
  });

  it('WA-8: keep the merchant’s row under 1 KB at their maximum number', async () => {
    const { id } = await party('99.9999', '10.00');
    const fee_tiers = Array.from({ length: 10 }, (_, index) => ({
      currency: 'USD',
      from_volume: String(10n ** 14n + BigInt(index)),
      fee: '99.9998',
    }));
    expect((await change(id, { fee_tiers })).status).toBe(200);
    const [row] = (await harness.rows()).filter(
      ({ pk, sk }) => pk === `M#${id}` && sk === 'MERCHANT',
    );
    expect(sizeOf(row)).toBeLessThan(1024);
  });
});

it('ID-5: a fee of 100 per cent, a negative fee and one with too many decimals are refused by field', async () => {
  const { id } = await party();
  const set = (fee: unknown) =>
    harness.insist('PATCH /admin/merchants/{id}', { admin: true, params: { id }, body: { fee } });
  for (const fee of ['100', '-1', '1.1234567', 2]) {
    const reply = await set(fee);
    expect([reply.status, reply.body.errors[0].field]).toEqual([422, 'fee']);
  }
  expect((await set('2.5')).body.data.fee).toBe('2.50');
  const unknown = { admin: true, params: { id: 'unknown' }, body: { fee: '1' } };
  expect((await harness.insist('PATCH /admin/merchants/{id}', unknown)).status).toBe(404);
});
