import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SettleDeps } from '../../../lambdas/payouts/advance.ts';
import { httpBank } from '../../../lambdas/payouts/providers/bank.ts';
import { httpOperator } from '../../../lambdas/payouts/providers/operator.ts';
import { settle } from '../../../lambdas/payouts/settle.ts';
import { type Bank, startBank } from '../../../local/bank/server.ts';
import { type Harness, startHarness } from '../../harness/harness.ts';
import { TIMERS } from '../../harness/timers.ts';

const MINUTE = 60_000;
const NUMBER = '+989121234567';

let harness: Harness;
let simulator: Bank;
let calls: string[];
beforeAll(async () => {
  harness = await startHarness();
  simulator = await startBank({ port: 0 });
});
afterAll(async () => {
  await simulator.close();
  harness.close();
});
beforeEach(() => {
  calls = [];
});

const sell = (as: string, key: string, amount = '10.00', phone_number: unknown = NUMBER) =>
  harness.call('POST /sales', { as, key, body: { phone_number, amount } });
const later = (ms: number): void => {
  harness.clock.now = new Date(harness.clock.now.getTime() + ms);
};
const wallet = async (as: string) =>
  (await harness.call('GET /wallets/{currency}', { as, params: { currency: 'USD' } })).body.data;
async function merchantWith(amount: string): Promise<string> {
  const as = await harness.merchant('100.00');
  await harness.deposit(as, { amount });
  return as;
}

/** Settlement with the simulators of bank and operator. */
function work(merchantId: string, txnId: string) {
  const settings = { callMs: 300, secret: async () => 'secret', now: () => harness.clock.now };
  const operator = httpOperator({ ...settings, url: simulator.operatorUrl });
  const deps: SettleDeps = {
    ledger: harness.context.ledger,
    busy: harness.context.busy,
    timers: TIMERS,
    providers: {
      bank: httpBank({ ...settings, url: simulator.url }),
      operator: {
        pay: (payout, until) => {
          calls.push('pay');
          return operator.pay(payout, until);
        },
        inquire: (payout, until) => {
          calls.push('inquire');
          return operator.inquire(payout, until);
        },
      },
    },
  };
  return settle(deps)({ merchantId, txnId });
}
const read = async (as: string, id: string) =>
  (await harness.call('GET /sales/{id}', { as, params: { id } })).body.data;
const charges = async (key: string) =>
  ((await (await fetch(`${simulator.operatorUrl}/charges`)).json()) as { key: string }[]).filter(
    (each) => each.key === key,
  );
const payouts = async () => (await fetch(`${simulator.url}/payouts`)).json();

describe('a sale', () => {
  it('SA-1: takes the amount from the wallet and states the balance before and after', async () => {
    const as = await merchantWith('50.00');
    const reply = await sell(as, 'k', '12.50');
    expect([reply.status, reply.body.data]).toEqual([
      202,
      {
        id: expect.any(String),
        type: 'sale',
        status: 'PENDING',
        phone_number: NUMBER,
        amount: '12.50',
        currency: 'USD',
        balance_before: '50.00',
        balance_after: '37.50',
        created_at: '2026-11-20T12:00:00.000Z',
      },
    ]);
    expect((await wallet(as)).available).toBe('37.50');
  });

  it('SA-1: is delivered by the operator, once, and no request reaches the bank', async () => {
    const as = await merchantWith('50.00');
    const { id } = (await sell(as, 'k')).body.data;
    expect(await work(as, id)).toBe('done');
    expect(await work(as, id)).toBe('done');
    expect(calls).toEqual(['pay']);
    expect(await charges(id)).toEqual([
      { key: id, phone_number: NUMBER, amount: '10.00', currency: 'USD', status: 'SUCCEEDED' },
    ]);
    expect(await payouts()).toEqual([]);
    expect(await read(as, id)).toMatchObject({
      status: 'SUCCEEDED',
      operator_reference: expect.stringMatching(/^OPERATOR-/),
      failure: null,
    });
    const row = (await harness.rows()).find(({ txnId }) => txnId === id);
    expect(row).toMatchObject({
      phases: [
        { name: 'accept', postings: [['wallet', 'clearing', 1000n]] },
        { name: 'settle', postings: [['clearing', 'operator', 1000n]] },
      ],
    });
    expect((await wallet(as)).available).toBe('40.00');
  });

  it('SA-1 CR-5: that the operator refuses is refunded once, and no longer counted', async () => {
    const as = await merchantWith('50.00');
    const { id } = (await sell(as, 'k', '10.00', '+989121234901')).body.data;
    const spent = async () =>
      (await harness.rows()).find((each) => each['id'] === as)?.['spent'] as object;
    expect(await spent()).toMatchObject({ USD: { dayAmount: 1000n, monthAmount: 1000n } });
    expect(await work(as, id)).toBe('done');
    expect(await work(as, id)).toBe('done');
    expect(await read(as, id)).toMatchObject({
      status: 'FAILED',
      failure: 'number_not_in_service',
      balance_before: '50.00',
      balance_after: '40.00',
    });
    expect((await wallet(as)).available).toBe('50.00');
    expect(await spent()).toMatchObject({ USD: { dayAmount: 0n, monthAmount: 0n } });
  });

  it.each([
    ['no answer', '+989121234905'],
    ['an unreadable answer', '+989121234906'],
  ])('SA-1: with %s of the operator is asked about, not paid twice', async (_, number) => {
    const as = await merchantWith('50.00');
    const { id } = (await sell(as, 'k', '10.00', number)).body.data;
    expect(await work(as, id)).toBe('again');
    expect(await read(as, id)).toMatchObject({ status: 'PROCESSING' });
    later(MINUTE);
    expect(await work(as, id)).toBe('done');
    expect(calls).toEqual(['pay', 'inquire']);
    expect(await charges(id)).toMatchObject([{ status: 'SUCCEEDED' }]);
    expect(await read(as, id)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await wallet(as)).available).toBe('40.00');
  });

  it('SA-1 WA-3: counts matured releases in the balance that it states, as the wallet shows them', async () => {
    const as = await merchantWith('5.00');
    const soon = new Date(harness.clock.now.getTime() + MINUTE).toISOString();
    for (const amount of ['3.00', '4.00']) await harness.deposit(as, { amount, release_at: soon });
    const far = new Date(harness.clock.now.getTime() + 100 * MINUTE).toISOString();
    await harness.deposit(as, { amount: '9.00', release_at: far });
    const before = (await sell(as, 'before', '1.00')).body.data;
    expect(before).toMatchObject({ balance_before: '5.00', balance_after: '4.00' });
    later(MINUTE);
    const shown = (await wallet(as)).available;
    expect(shown).toBe('11.00');
    const covered = (await sell(as, 'covered', '2.00')).body.data;
    expect(covered).toMatchObject({ balance_before: '11.00', balance_after: '9.00' });
    const drawing = (await sell(as, 'drawing', '7.50')).body.data;
    expect(drawing).toMatchObject({ balance_before: '9.00', balance_after: '1.50' });
    expect(await wallet(as)).toMatchObject({ available: '1.50', pending: '9.00' });
  });

  it('SA-1 WA-3: needs more releases than one transaction takes, and states all of them', async () => {
    const as = await merchantWith('1.00');
    const soon = new Date(harness.clock.now.getTime() + MINUTE).toISOString();
    for (let index = 0; index < 45; index += 1)
      await harness.deposit(as, { amount: '1.00', release_at: soon });
    later(MINUTE);
    const reply = await sell(as, 'k', '46.00');
    expect(reply.body.data).toMatchObject({ balance_before: '46.00', balance_after: '0.00' });
  });

  it('SA-1: is refused above the balance, and in a currency without a wallet', async () => {
    const as = await merchantWith('10.00');
    const short = await sell(as, 'k', '10.01');
    expect([short.status, short.body.code]).toEqual([402, 'insufficient_funds']);
    const body = { phone_number: NUMBER, amount: '1.00', currency: 'eur' };
    const missing = await harness.call('POST /sales', { as, key: 'eur', body });
    expect([missing.status, missing.body.code]).toEqual([404, 'wallet_not_found']);
    expect((await wallet(as)).available).toBe('10.00');
  });

  it('SA-1 ID-2: of a suspended merchant is refused; one on its way is held until it is active again', async () => {
    const as = await merchantWith('50.00');
    const { id } = (await sell(as, 'k')).body.data;
    const change = (name: 'suspend' | 'reactivate') =>
      harness.call(`POST /admin/merchants/{id}/${name}`, { admin: true, params: { id: as } });
    await change('suspend');
    expect((await sell(as, 'other')).body.code).toBe('merchant_suspended');
    expect(await work(as, id)).toBe('held');
    expect(calls).toEqual([]);
    await change('reactivate');
    expect(await work(as, id)).toBe('done');
    expect(await read(as, id)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('a repeated sale', () => {
  it('SA-1 AP-1: returns the original response byte for byte, also years after it was stored', async () => {
    const as = await merchantWith('50.00');
    const first = await sell(as, 'same');
    await harness.deposit(as, { amount: '7.00' });
    await work(as, first.body.data.id);
    const repeated = await sell(as, 'same');
    expect([repeated.text, repeated.headers['idempotency-replayed']]).toEqual([first.text, 'true']);
    const { dynamo, table } = harness.context.responses;
    for (const { id } of await harness.responses())
      await dynamo.send(new DeleteCommand({ TableName: table, Key: { id } }));
    later(3 * 365 * 24 * 60 * MINUTE);
    const years = await sell(as, 'same');
    expect([years.text, years.headers['idempotency-replayed']]).toEqual([first.text, 'true']);
    expect((await wallet(as)).available).toBe('47.00');
  });

  it('SA-1 AP-1: with another number or amount is refused', async () => {
    const as = await merchantWith('50.00');
    await sell(as, 'k');
    for (const other of [
      await sell(as, 'k', '10.01'),
      await sell(as, 'k', '10.00', '+989121234568'),
    ])
      expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  });
});

describe('the phone number of a sale', () => {
  it.each<[string, unknown, string]>([
    ['without a plus', '989121234567', 'phone_number_invalid'],
    ['with an international prefix', '00989121234567', 'phone_number_invalid'],
    ['too short', '+98912', 'phone_number_invalid'],
    ['too long for its country', '+9891212345678', 'phone_number_invalid'],
    ['longer than E.164 allows', `+98912${'1'.repeat(11)}`, 'phone_number_invalid'],
    ['very long', `+98912${'1'.repeat(10_000)}`, 'phone_number_invalid'],
    ['in Arabic-Indic digits', '+٩٨٩١٢١٢٣٤٥٦٧', 'phone_number_invalid'],
    ['in Persian digits', '+۹۸۹۱۲۱۲۳۴۵۶۷', 'phone_number_invalid'],
    ['in full-width digits', '＋９８９１２１２３４５６７', 'phone_number_invalid'],
    ['of a country code that nobody has', '+999123456789', 'phone_number_invalid'],
    ['of a range that its country does not use', '+15551234567', 'phone_number_invalid'],
    ['of a landline', '+982112345678', 'phone_number_invalid'],
    ['with a trunk prefix', '+9809121234567', 'phone_number_invalid'],
    ['with spaces', '+98 912 123 4567', 'phone_number_invalid'],
    ['with a space before it', ' +989121234567', 'phone_number_invalid'],
    ['with a line break behind it', '+989121234567\n', 'phone_number_invalid'],
    ['with dashes', '+98-912-123-4567', 'phone_number_invalid'],
    ['with an extension', '+989121234567;ext=3', 'phone_number_invalid'],
    ['as a link', 'tel:+989121234567', 'phone_number_invalid'],
    ['that is empty', '', 'phone_number_invalid'],
    ['that is a number', 989_121_234_567, 'wrong_type'],
    ['that is missing', undefined, 'required'],
  ])('SA-1: %s is refused', async (_, phone_number, reason) => {
    const as = await merchantWith('50.00');
    const body = { amount: '1.00', phone_number };
    const reply = await harness.call('POST /sales', { as, key: 'k', body });
    expect([reply.status, reply.body.errors]).toMatchObject([
      422,
      [{ field: 'phone_number', code: reason }],
    ]);
    expect((await wallet(as)).available).toBe('50.00');
  });

  it.each(['+989351234567', '+447911123456', '+14155552671', '+4915123456789', '+919876543210'])(
    'SA-1: %s is a mobile number',
    async (number) => {
      const as = await merchantWith('50.00');
      const reply = await sell(as, 'k', '1.00', number);
      expect([reply.status, reply.body.data.phone_number]).toEqual([202, number]);
    },
  );
});

describe('the list of sales', () => {
  it('SA-1 AP-6: is newest first, paged, and filtered by number, status and currency', async () => {
    const as = await merchantWith('50.00');
    await harness.deposit(as, { amount: '50.00', currency: 'EUR' });
    const other = '+447911123456';
    const numbers = [NUMBER, '+989121234901', NUMBER, other, NUMBER];
    const made: string[] = [];
    for (const [index, phone_number] of numbers.entries()) {
      later(1_000);
      const currency = index === 4 ? 'EUR' : 'USD';
      const body = { phone_number, amount: '1.00', currency };
      const reply = await harness.call('POST /sales', { as, key: `k${index}`, body });
      made.unshift(reply.body.data.id);
    }
    const [fifth = '', fourth = '', third = '', second = '', first = ''] = made;
    await work(as, first);
    await work(as, second);
    await harness.call('POST /withdrawals', {
      as,
      key: 'w',
      body: { amount: '1.00', source: 'wallet' },
    });
    const list = async (query: Record<string, string>) => {
      const reply = await harness.call('GET /sales', { as, query });
      expect(reply.status).toBe(200);
      const { items, next_cursor: cursor } = reply.body.data;
      return { ids: items.map(({ id }: { id: string }) => id), cursor };
    };
    expect((await list({})).ids).toEqual(made);
    expect((await list({ phone_number: NUMBER })).ids).toEqual([fifth, third, first]);
    expect((await list({ phone_number: '+447911123457' })).ids).toEqual([]);
    expect((await list({ status: 'SUCCEEDED' })).ids).toEqual([first]);
    expect((await list({ status: 'FAILED' })).ids).toEqual([second]);
    expect((await list({ status: 'PENDING', phone_number: NUMBER })).ids).toEqual([fifth, third]);
    expect((await list({ currency: 'eur' })).ids).toEqual([fifth]);
    const page = await list({ phone_number: NUMBER, limit: '2' });
    expect(page.ids).toEqual([fifth, third]);
    const rest = await list({ phone_number: NUMBER, limit: '2', cursor: page.cursor });
    expect([rest.ids, rest.cursor]).toEqual([[first], null]);
    const foreign = await harness.call('GET /sales', { as, query: { cursor: page.cursor } });
    expect([foreign.status, foreign.body.code]).toEqual([400, 'invalid_cursor']);
    const one = await harness.call('GET /transactions/{id}', { as, params: { id: fourth } });
    expect(one.body.data).toMatchObject({ type: 'sale', phone_number: other });
    const query = { merchant: as, type: 'sale', limit: '1' };
    const ofAdmin = await harness.call('GET /admin/transactions', { admin: true, query });
    expect(ofAdmin.body.data.items).toMatchObject([
      { id: fifth, type: 'sale', phone_number: NUMBER, merchant_id: as, attempt: 0 },
    ]);
  });

  it.each([
    ['phone_number', '98912'],
    ['status', 'UNKNOWN'],
    ['currency', 'XXX'],
  ])('SA-1: refuses the filter %s=%s', async (field, value) => {
    const as = await merchantWith('1.00');
    const reply = await harness.call('GET /sales', { as, query: { [field]: value } });
    expect([reply.status, reply.body.errors[0].field]).toEqual([422, field]);
  });

  it('SA-1: another merchant’s sale is not found, and a withdrawal is no sale', async () => {
    const [as, other] = [await merchantWith('10.00'), await merchantWith('10.00')];
    const { id } = (await sell(as, 'k', '1.00')).body.data;
    const foreign = await harness.call('GET /sales/{id}', { as: other, params: { id } });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'sale_not_found']);
    const body = { amount: '1.00', source: 'wallet' };
    const withdrawal = (await harness.call('POST /withdrawals', { as, key: 'w', body })).body.data;
    const reply = await harness.call('GET /sales/{id}', { as, params: { id: withdrawal.id } });
    expect([reply.status, reply.body.code]).toEqual([404, 'sale_not_found']);
  });
});
