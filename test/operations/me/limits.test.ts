import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { executeScheduled } from '../../../lambdas/payouts/execute-scheduled.ts';
import { settle } from '../../../lambdas/payouts/settle.ts';
import { bothProviders } from '../../harness/both-providers.ts';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';
import { TIMERS } from '../../harness/timers.ts';

let harness: Harness;
/** 15:30 in Tehran. */
const FIRST_DAY = '2026-11-20T12:00:00.000Z';
beforeAll(async () => {
  harness = await startHarness(31);
  await harness.fillPool('1000000.00');
});
beforeEach(() => at(FIRST_DAY));
afterAll(() => harness.close());

const at = (instant: string): void => {
  harness.clock.now = new Date(instant);
};
const change = (id: string, body: Record<string, unknown>): Promise<Reply> =>
  harness.insist('PATCH /admin/merchants/{id}', { admin: true, params: { id }, body });
const limitsOf = async (as: string) => (await harness.insist('GET /me/limits', { as })).body.data;

/** A merchant with these limits in USD, a credit line and a wallet of 10,000.00 each. */
async function spender(daily: string | undefined, monthly?: string): Promise<string> {
  const id = await harness.merchant('10000.00');
  await harness.deposit(id, { amount: '10000.00' });
  const limits = [{ currency: 'USD', daily, monthly }];
  expect((await change(id, { limits })).status).toBe(200);
  return id;
}

const withdraw = (as: string, amount: string, more: Record<string, unknown> = {}, key?: string) =>
  harness.insist('POST /withdrawals', {
    as,
    key: key ?? randomUUID(),
    body: { amount, source: 'wallet', ...more },
  });
const transfer = (as: string, to: string, amount: string) =>
  harness.insist('POST /transfers', { as, key: randomUUID(), body: { to, amount } });
const sell = (as: string, amount: string) =>
  harness.insist('POST /sales', {
    as,
    key: randomUUID(),
    body: { phone_number: '+989123456789', amount },
  });
const outcome = ({ status, body }: Reply) => [status, body.code, body.values?.left];

describe('CR-5: a merchant with limits', () => {
  it('spends up to its daily limit, by withdrawals from both sources, sales and transfers', async () => {
    const [id, payee] = [await spender('100.00'), await harness.merchant('1.00')];
    expect((await withdraw(id, '40.00')).status).toBe(202);
    expect((await withdraw(id, '30.00', { source: 'credit' })).status).toBe(202);
    expect((await transfer(id, payee, '15.00')).status).toBe(201);
    expect((await sell(id, '5.00')).status).toBe(202);
    const refused = [402, 'daily_limit_exceeded', '10.00'];
    expect(outcome(await withdraw(id, '10.01'))).toEqual(refused);
    expect(outcome(await withdraw(id, '10.01', { source: 'credit' }))).toEqual(refused);
    expect(outcome(await transfer(id, payee, '10.01'))).toEqual(refused);
    expect(outcome(await sell(id, '10.01'))).toEqual(refused);
    // The fee of a transfer does not count.
    expect((await transfer(id, payee, '10.00')).status).toBe(201);
    expect(await limitsOf(id)).toEqual({
      time_zone: 'Asia/Tehran',
      next_time_zone: null,
      limits: [
        {
          currency: 'USD',
          daily: {
            limit: '100.00',
            used: '100.00',
            left: '0.00',
            resets_at: '2026-11-20T20:30:00.000Z',
          },
          monthly: {
            limit: null,
            used: '100.00',
            left: null,
            resets_at: '2026-11-30T20:30:00.000Z',
          },
        },
      ],
    });
  });

  it('is told what is left and until when, in both languages, and again by a repeat', async () => {
    const id = await spender(undefined, '50.00');
    const refused = await withdraw(id, '50.01', {}, 'first');
    expect(refused.status).toBe(402);
    expect(refused.body).toMatchObject({
      code: 'monthly_limit_exceeded',
      values: { left: '50.00', currency: 'USD', resets_at: '2026-11-30T20:30:00.000Z' },
      retryable: false,
    });
    const { en, fa } = refused.body.message;
    for (const text of [en, fa]) {
      expect(text).toContain('50.00 USD');
      expect(text).toContain('2026-11-30T20:30:00.000Z');
    }
    at('2026-12-01T12:00:00.000Z');
    expect((await withdraw(id, '50.01', {}, 'first')).text).toBe(refused.text);
    expect((await withdraw(id, '50.00')).status).toBe(202);
  });

  it('starts anew with the next day and the next month of its zone', async () => {
    const id = await spender('60.00', '100.00');
    expect((await withdraw(id, '60.00')).status).toBe(202);
    at('2026-11-20T20:29:59.999Z');
    expect(outcome(await withdraw(id, '0.01'))).toEqual([402, 'daily_limit_exceeded', '0.00']);
    at('2026-11-20T20:30:00.000Z');
    expect(outcome(await withdraw(id, '40.01'))).toEqual([402, 'monthly_limit_exceeded', '40.00']);
    expect((await withdraw(id, '40.00')).status).toBe(202);
    at('2026-11-30T20:29:59.999Z');
    expect(outcome(await withdraw(id, '0.01'))).toEqual([402, 'monthly_limit_exceeded', '0.00']);
    at('2026-11-30T20:30:00.000Z');
    expect((await withdraw(id, '60.00')).status).toBe(202);
  });

  it('is refused by its status first, by its limits next, and by its funds last', async () => {
    const id = await spender('5.00');
    expect(outcome(await withdraw(id, '99999.00'))[1]).toBe('daily_limit_exceeded');
    expect(outcome(await withdraw(id, '99999.00', { currency: 'EUR' }))[1]).toBe(
      'wallet_not_found',
    );
    const request = { admin: true, params: { id } };
    await harness.insist('POST /admin/merchants/{id}/suspend', request);
    expect(outcome(await withdraw(id, '99999.00'))[1]).toBe('merchant_suspended');
    // Its limits are still shown.
    expect((await limitsOf(id)).limits).toHaveLength(1);
  });
});

describe('CR-5: what a merchant may spend is given back', () => {
  /** The bank refuses it, and its money returns. */
  async function refuse(merchantId: string, reply: Reply): Promise<void> {
    const answer = async () => ({ kind: 'refused' as const, code: 'account_closed' });
    const { ledger, busy } = harness.context;
    const providers = bothProviders({ pay: answer, inquire: answer });
    const run = settle({ ledger, busy, providers, timers: TIMERS });
    expect(await run({ merchantId, txnId: reply.body.data.id })).toBe('done');
    const request = { as: merchantId, params: { id: reply.body.data.id } };
    const { data } = (await harness.insist('GET /withdrawals/{id}', request)).body;
    expect(data.status).toBe('FAILED');
  }
  const usedBy = async (id: string) => {
    const [usd] = (await limitsOf(id)).limits;
    return [usd.daily.used, usd.monthly.used];
  };

  it.each(['wallet', 'credit'])('WD-6: when the bank refuses it, from %s', async (source) => {
    const id = await spender('50.00', '50.00');
    const order = await withdraw(id, '50.00', { source });
    expect(outcome(await withdraw(id, '0.01', { source }))[0]).toBe(402);
    await refuse(id, order);
    expect(await usedBy(id)).toEqual(['0.00', '0.00']);
    expect((await withdraw(id, '50.00', { source })).status).toBe(202);
  });

  it('WD-6: on the next day, of the month alone', async () => {
    const id = await spender('50.00', '80.00');
    const order = await withdraw(id, '50.00');
    at('2026-11-21T12:00:00.000Z');
    expect((await withdraw(id, '20.00')).status).toBe(202);
    await refuse(id, order);
    expect(await usedBy(id)).toEqual(['20.00', '20.00']);
    expect(outcome(await withdraw(id, '30.01'))).toEqual([402, 'daily_limit_exceeded', '30.00']);
  });

  it('WD-6: on the next day, before anything else is spent', async () => {
    const id = await spender('50.00', '80.00');
    const order = await withdraw(id, '50.00');
    at('2026-11-21T12:00:00.000Z');
    await refuse(id, order);
    expect(await usedBy(id)).toEqual(['0.00', '0.00']);
    expect((await withdraw(id, '50.00')).status).toBe(202);
  });

  it('WD-6: in the next month, of neither', async () => {
    const id = await spender('50.00', '50.00');
    const order = await withdraw(id, '50.00');
    at('2026-12-01T12:00:00.000Z');
    expect((await withdraw(id, '20.00')).status).toBe(202);
    await refuse(id, order);
    expect(await usedBy(id)).toEqual(['20.00', '20.00']);
  });
});

describe('CR-5 WD-2: a scheduled withdrawal', () => {
  const TOMORROW = '2026-11-21T12:00:00.000Z';
  const execute = async (merchantId: string, txnId: string) => {
    const deps = { ...harness.context, checkMarginMs: TIMERS.checkMarginMs };
    expect(await executeScheduled(deps)({ merchantId, txnId })).toEqual({ kind: 'done' });
    const request = { as: merchantId, params: { id: txnId } };
    return (await harness.insist('GET /withdrawals/{id}', request)).body.data;
  };

  it('is limited on the day on which it is executed, and fails with that code', async () => {
    const id = await spender('50.00');
    const order = { execute_at: TOMORROW };
    const [fits, fails] = [await withdraw(id, '50.00', order), await withdraw(id, '50.00', order)];
    // Neither counts before its time.
    expect((await withdraw(id, '50.00')).status).toBe(202);
    at(TOMORROW);
    expect(await execute(id, fits.body.data.id)).toMatchObject({
      status: 'PENDING',
      failure: null,
    });
    expect(await execute(id, fails.body.data.id)).toMatchObject({
      status: 'FAILED',
      failure: 'daily_limit_exceeded',
    });
    const [usd] = (await limitsOf(id)).limits;
    expect(usd.daily.used).toBe('50.00');
    expect(usd.monthly.used).toBe('100.00');
  });

  it('does not count when it was cancelled', async () => {
    const id = await spender('50.00');
    const { id: order } = (await withdraw(id, '50.00', { execute_at: TOMORROW })).body.data;
    await harness.insist('DELETE /withdrawals/{id}', { as: id, params: { id: order } });
    at(TOMORROW);
    expect(await execute(id, order)).toMatchObject({ status: 'CANCELLED' });
    expect((await limitsOf(id)).limits[0].daily.used).toBe('0.00');
  });
});

describe('CR-5: a time zone', () => {
  const seen = async (id: string) => {
    const data = (await harness.insist('GET /me', { as: id })).body.data;
    return [data.time_zone, data.next_time_zone];
  };

  it('counts from the next day in both zones on, eastwards', async () => {
    const id = await spender('50.00');
    await withdraw(id, '50.00');
    const changed = await change(id, { time_zone: 'Asia/Tokyo' });
    const next = { time_zone: 'Asia/Tokyo', from: '2026-11-20T20:30:00.000Z' };
    expect(changed.body.data).toMatchObject({ time_zone: 'Asia/Tehran', next_time_zone: next });
    expect(await seen(id)).toEqual(['Asia/Tehran', next]);
    // It is the 21st in Tokyo, and still the 20th where the merchant is.
    at('2026-11-20T20:29:59.999Z');
    expect(outcome(await withdraw(id, '0.01'))[1]).toBe('daily_limit_exceeded');
    at('2026-11-20T20:30:00.000Z');
    expect(await seen(id)).toEqual(['Asia/Tokyo', null]);
    expect((await withdraw(id, '50.00')).status).toBe(202);
    // That day ends in Tokyo.
    const refused = await withdraw(id, '0.01');
    expect(refused.body.values.resets_at).toBe('2026-11-21T15:00:00.000Z');
  });

  it('counts from the next day in both zones on, westwards', async () => {
    const id = await spender('50.00');
    await withdraw(id, '50.00');
    await change(id, { time_zone: 'america/new_york' });
    expect((await seen(id))[1]).toEqual({
      time_zone: 'America/New_York',
      from: '2026-11-21T05:00:00.000Z',
    });
    // The 21st in Tehran, and the whole 21st in New York, are one day: no second window opens.
    at('2026-11-20T20:30:00.000Z');
    expect((await withdraw(id, '50.00')).status).toBe(202);
    at('2026-11-21T05:00:00.000Z');
    const refused = await withdraw(id, '0.01');
    expect([refused.body.code, refused.body.values.resets_at]).toEqual([
      'daily_limit_exceeded',
      '2026-11-22T05:00:00.000Z',
    ]);
    at('2026-11-22T05:00:00.000Z');
    expect((await withdraw(id, '50.00')).status).toBe(202);
  });

  it('opens no second window, however often it moves across the date line', async () => {
    const id = await spender('50.00');
    const zones = ['Pacific/Apia', 'Pacific/Pago_Pago'];
    let accepted = 0;
    for (let hours = 0; hours < 120; hours += 3) {
      at(new Date(Date.parse(FIRST_DAY) + hours * 3_600_000).toISOString());
      if (hours % 12 === 0) await change(id, { time_zone: zones[(hours / 12) % 2] });
      if ((await withdraw(id, '50.00')).status === 202) accepted += 1;
    }
    // Five days, of which each begins once.
    expect(accepted).toBeLessThanOrEqual(6);
    expect(accepted).toBeGreaterThanOrEqual(4);
  });

  it('is replaced before it begins, or withdrawn, and a repeat changes nothing', async () => {
    const id = await spender(undefined, '50.00');
    await change(id, { time_zone: 'Asia/Tokyo' });
    const first = await seen(id);
    at('2026-11-20T13:00:00.000Z');
    await change(id, { time_zone: 'Asia/Tokyo' });
    expect(await seen(id)).toEqual(first);
    await change(id, { time_zone: 'UTC' });
    expect(await seen(id)).toEqual([
      'Asia/Tehran',
      { time_zone: 'UTC', from: '2026-11-21T00:00:00.000Z' },
    ]);
    await change(id, { time_zone: 'Asia/Tehran' });
    expect(await seen(id)).toEqual(['Asia/Tehran', null]);
    at('2026-11-21T12:00:00.000Z');
    expect(await seen(id)).toEqual(['Asia/Tehran', null]);
  });
});

describe('CR-5: an administrator', () => {
  const limit = (daily?: unknown, monthly?: unknown, currency: unknown = 'USD') => ({
    currency,
    daily,
    monthly,
  });

  it('sets all limits at once, in any order and any case, and removes them', async () => {
    const id = await spender('50.00');
    const limits = [limit('5', undefined, 'usd'), limit('0', '0.00000001', 'BTC')];
    const set = await change(id, { limits });
    expect(set.body.data.limits).toEqual([
      { currency: 'BTC', daily: '0.00000000', monthly: '0.00000001' },
      { currency: 'USD', daily: '5.00' },
    ]);
    // Other terms leave them as they are.
    expect((await change(id, { fee: '1' })).body.data.limits).toHaveLength(2);
    expect(outcome(await withdraw(id, '5.01'))).toEqual([402, 'daily_limit_exceeded', '5.00']);
    expect((await change(id, { limits: [] })).body.data.limits).toEqual([]);
    expect((await withdraw(id, '5.01')).status).toBe(202);
    const unlimited = { limit: null, used: '5.01', left: null };
    expect((await limitsOf(id)).limits).toMatchObject([{ currency: 'USD', daily: unlimited }]);
    at('2026-12-01T12:00:00.000Z');
    expect((await limitsOf(id)).limits).toEqual([]);
  });

  it('is told which limit or time zone is not valid', async () => {
    const id = await spender('50.00');
    const eleven = ['USD', 'EUR', 'JPY', 'BTC', 'GBP', 'CHF', 'KWD', 'CAD', 'AUD', 'SEK', 'NOK'];
    const invalid: [Record<string, unknown>, string, string][] = [
      [{ limits: [limit('-1')] }, 'limits.0.daily', 'amount_malformed'],
      [{ limits: [limit(undefined, '-0.01')] }, 'limits.0.monthly', 'amount_malformed'],
      [{ limits: [limit('١٢')] }, 'limits.0.daily', 'amount_malformed'],
      [{ limits: [limit('1.001')] }, 'limits.0.daily', 'amount_too_precise'],
      [{ limits: [limit(undefined, '1.5', 'JPY')] }, 'limits.0.monthly', 'amount_too_precise'],
      [{ limits: [limit('1'.repeat(30))] }, 'limits.0.daily', 'amount_too_large'],
      [{ limits: [limit(5)] }, 'limits.0.daily', 'wrong_type'],
      [{ limits: [limit('10', '9.99')] }, 'limits.0.daily', 'daily_above_monthly'],
      [{ limits: [limit('1'), limit('2', '3', 'usd')] }, 'limits.1.currency', 'currency_repeated'],
      [{ limits: [limit('1', '2', 'XXX')] }, 'limits.0.currency', 'currency_unknown'],
      [{ limits: [limit('1', '2', '__proto__')] }, 'limits.0.currency', 'currency_unknown'],
      [{ limits: [limit()] }, 'limits.0', 'limit_empty'],
      [{ limits: [{ ...limit('1'), weekly: '5' }] }, 'limits.0.weekly', 'unknown_field'],
      [{ limits: eleven.map((code) => limit('1', '2', code)) }, 'limits', 'too_long'],
      [{ limits: { USD: { daily: '1' } } }, 'limits', 'wrong_type'],
      [{ limits: null }, 'limits', 'wrong_type'],
      [{ time_zone: 'Mars/Olympus' }, 'time_zone', 'time_zone_unknown'],
      [{ time_zone: '+03:30' }, 'time_zone', 'time_zone_unknown'],
      [{ time_zone: '' }, 'time_zone', 'time_zone_unknown'],
      [{ time_zone: 'Asia/Tehran\u0000' }, 'time_zone', 'time_zone_unknown'],
      [{ time_zone: 3.5 }, 'time_zone', 'wrong_type'],
      [{}, 'body', 'nothing_to_change'],
    ];
    for (const [body, field, code] of invalid) {
      const reply = await change(id, body);
      expect([body, reply.status, reply.body.errors]).toMatchObject([body, 422, [{ field, code }]]);
    }
    expect((await limitsOf(id)).limits).toMatchObject([{ daily: { limit: '50.00' } }]);
  });

  it('of an unknown merchant is told so', async () => {
    const reply = await change('01ARZ3NDEKTSV4RRFFQ69G5FAV', { limits: [], time_zone: 'UTC' });
    expect([reply.status, reply.body.code]).toEqual([404, 'merchant_not_found']);
  });
});
