import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { currencyCode, minor } from '../../../lambdas/ledger/money.ts';
import { httpOperator } from '../../../lambdas/payouts/providers/operator.ts';
import type { Payout } from '../../../lambdas/payouts/providers/provider.ts';
import { startBank } from '../../../local/bank/server.ts';
import { type BankResponse, faultyBank, respondWith } from '../../harness/faulty-bank.ts';

/** What is the same for every provider is in bank.test.ts. */
const CHARGE: Payout = {
  key: 'TXN0000000000000000000001',
  destination: '+989121234567',
  amount: minor(1234n),
  currency: currencyCode.parse('USD'),
};
const PAID = {
  key: CHARGE.key,
  phone_number: '+989121234567',
  amount: '12.34',
  currency: 'USD',
  status: 'SUCCEEDED',
  reference: 'O-1',
};
const REFUSED = { ...PAID, status: 'REFUSED', reference: undefined, code: 'number_not_in_service' };

const now = (): Date => new Date('2026-11-20T12:00:00.000Z');
const until = new Date(now().getTime() + 60_000);
const operatorAt = (url: string, callMs = 60_000) =>
  httpOperator({ url, secret: async () => 'operator-secret', callMs, now });

const opened: { readonly close: () => Promise<void> }[] = [];
beforeEach(() => {
  // Without jitter the retries start at once.
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const each of opened.splice(0)) await each.close();
});
const responding = async (response: BankResponse) => {
  const server = await faultyBank(response);
  opened.push(server);
  return { ...operatorAt(server.url), requests: server.requests };
};

describe('SA-1: the operator', () => {
  it('is sent a charge of the phone number, with the key of the sale and its own secret', async () => {
    const operator = await responding(respondWith(201, PAID));
    expect(await operator.pay(CHARGE, until)).toEqual({ kind: 'succeeded', reference: 'O-1' });
    expect(operator.requests).toMatchObject([
      {
        line: 'POST /charges',
        headers: { authorization: 'Bearer operator-secret', 'idempotency-key': CHARGE.key },
      },
    ]);
    expect(JSON.parse(operator.requests[0]?.body ?? '')).toEqual({
      phone_number: '+989121234567',
      amount: '12.34',
      currency: 'USD',
    });
  });

  it('is asked about the key alone', async () => {
    const operator = await responding(respondWith(200, REFUSED));
    const code = 'number_not_in_service';
    expect(await operator.inquire(CHARGE, until)).toEqual({ kind: 'refused', code });
    expect(operator.requests).toMatchObject([{ line: `GET /charges/${CHARGE.key}`, body: '' }]);
  });

  it.each<[string, object]>([
    ['another key', { key: 'TXN0000000000000000000002' }],
    ['another number', { phone_number: '+989121234568' }],
    ['the number in another field', { phone_number: undefined, account: '+989121234567' }],
    ['another amount', { amount: '12.35' }],
    ['an amount written otherwise', { amount: '12.340' }],
    ['another currency', { currency: 'EUR' }],
  ])('means nothing by a statement about %s', async (_, changed) => {
    for (const [status, said] of [
      [201, PAID],
      [422, REFUSED],
    ] as const) {
      const operator = await responding(respondWith(status, { ...said, ...changed }));
      expect((await operator.pay(CHARGE, until)).kind).toBe('unclear');
      expect((await operator.inquire(CHARGE, until)).kind).toBe('unclear');
    }
  });

  it.each([
    ['charge_not_found', 'not_found'],
    // From the bank, or from no provider at all.
    ['payout_not_found', 'unclear'],
    ['not_found', 'unclear'],
  ])('does not know a key only by its own word (%s: %s)', async (code, kind) => {
    const operator = await responding(respondWith(404, { code }));
    expect((await operator.inquire(CHARGE, until)).kind).toBe(kind);
  });

  it.each([
    ['567', 'succeeded', 'succeeded'],
    ['901', 'refused', 'refused'],
    ['902', 'unclear', 'not_found'],
    // Tried again within the call.
    ['903', 'succeeded', 'succeeded'],
    ['904', 'unclear', 'succeeded'],
    ['905', 'unclear', 'succeeded'],
    ['906', 'unclear', 'succeeded'],
  ])('of the simulator, with a number that ends in %s: %s, then %s', async (end, first, then) => {
    const simulator = await startBank({ port: 0, slowMs: 2_000 });
    opened.push(simulator);
    const operator = operatorAt(simulator.operatorUrl, 300);
    const charge = { ...CHARGE, destination: `+989121234${end}` };
    expect((await operator.pay(charge, until)).kind).toBe(first);
    expect((await operator.inquire(charge, until)).kind).toBe(then);
  });
});
