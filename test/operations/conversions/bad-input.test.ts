import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';
import { expectProblem } from '../../harness/http-caller.ts';

let harness: Harness;
let id: string;
beforeAll(async () => {
  harness = await startHarness();
  id = await harness.merchant('1.00');
});
afterAll(() => harness.close());

const quote = (as: string, body: object): Promise<Reply> =>
  harness.call('POST /conversions/quotes', {
    as,
    body: { from: 'USD', to: 'EUR', side: 'sell', amount: '100.00', ...body },
  });
const convert = (as: string, quoteId: unknown): Promise<Reply> =>
  harness.call('POST /conversions', { as, key: randomUUID(), body: { quote_id: quoteId } });

describe('WA-7: bad input', () => {
  it.each<[string, object, string, string]>([
    ['the same currency twice', { to: 'USD' }, 'to', 'same_currency'],
    ['the same currency twice, in another case', { to: 'usd' }, 'to', 'same_currency'],
    ['an unknown currency', { from: 'XXX' }, 'from', 'currency_unknown'],
    ['no currency', { to: undefined }, 'to', 'required'],
    ['no amount', { amount: undefined }, 'amount', 'required'],
    ['a JSON number', { amount: 1 }, 'amount', 'wrong_type'],
    ['an amount of nothing', { amount: '0.00' }, 'amount', 'amount_not_positive'],
    ['a negative amount', { amount: '-1' }, 'amount', 'amount_malformed'],
    ['too many decimals of what is given', { amount: '1.001' }, 'amount', 'amount_too_precise'],
    [
      'too many decimals of what is bought',
      { side: 'buy', to: 'JPY', amount: '1.5' },
      'amount',
      'amount_too_precise',
    ],
    ['too large an amount', { amount: '9'.repeat(19) }, 'amount', 'amount_too_large'],
    ['no side', { side: undefined }, 'side', 'required'],
    ['another side', { side: 'SELL' }, 'side', 'not_one_of'],
  ])('a quote with %s', async (_, body, field, code) => {
    const reply = await quote(id, body);
    expectProblem(reply, 422, 'invalid_request');
    expect(reply.body.errors).toMatchObject([{ field, code }]);
  });

  it('a quote with a field that is not known', async () => {
    const reply = await quote(id, { rate: '5' });
    expect(reply.body.errors).toMatchObject([{ field: 'rate', code: 'unknown_field' }]);
  });

  it.each([
    ['sell', 'JPY', 'BTC', '99999999999999999'],
    ['sell', 'USD', 'IRT', '9999999999999999'],
    ['buy', 'IRT', 'BTC', '9999999999'],
    ['sell', 'IRT', 'USD', '600'],
  ])('an amount that no leg can be: %s %s %s %s', async (side, from, to, amount) => {
    const { status, body } = await quote(id, { side, from, to, amount });
    if (status === 201) {
      for (const leg of [body.data.give, body.data.receive])
        expect(leg.amount.replace('.', '').length).toBeLessThanOrEqual(18);
    } else expect([status, body.code]).toEqual([422, 'amount_not_convertible']);
  });

  it.each<unknown>([undefined, null, 7, '', ' ', '../x', 'Q#1', 'a'.repeat(65), 'شناسه'])(
    'a conversion with the quote %j',
    async (quoteId) => {
      expectProblem(await convert(id, quoteId), 422, 'invalid_request');
    },
  );
});
