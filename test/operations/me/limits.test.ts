import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';

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
const outcome = ({ status, body }: Reply) => [status, body.code, body.values?.left];

describe('CR-5: a merchant with limits', () => {
  it('spends up to its daily limit, by withdrawals from both sources and by transfers', async () => {
    const [id, payee] = [await spender('100.00'), await harness.merchant('1.00')];
    expect((await withdraw(id, '40.00')).status).toBe(202);
    expect((await withdraw(id, '30.00', { source: 'credit' })).status).toBe(202);
    expect((await transfer(id, payee, '20.00')).status).toBe(201);
    const refused = [402, 'daily_limit_exceeded', '10.00'];
    expect(outcome(await withdraw(id, '10.01'))).toEqual(refused);
    expect(outcome(await withdraw(id, '10.01', { source: 'credit' }))).toEqual(refused);
    expect(outcome(await transfer(id, payee, '10.01'))).toEqual(refused);
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
