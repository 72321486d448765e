import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Bank, startBank } from '../../local/bank/server.ts';

/** What it shares with the bank's is in bank-simulator.test.ts. */
let simulator: Bank;
beforeEach(async () => {
  simulator = await startBank({ port: 0, clock: { wait: async () => undefined } });
});
afterEach(() => simulator.close());

const order = (phone_number = '+989121234567', amount = '10.00') => ({
  phone_number,
  amount,
  currency: 'USD',
});
const post = (url: string, key: string, body: unknown) =>
  fetch(url, {
    method: 'POST',
    headers: { authorization: 'Bearer secret', 'idempotency-key': key },
    body: JSON.stringify(body),
  });
const charge = (key: string, body: unknown = order()) =>
  post(`${simulator.operatorUrl}/charges`, key, body);
const inquire = (key: string) =>
  fetch(`${simulator.operatorUrl}/charges/${key}`, { headers: { authorization: 'Bearer secret' } });
const list = async (url: string) => (await fetch(url)).json();

it('SA-1: the operator charges a number once for each key, and says so in inquiries and in its list', async () => {
  const charged = { key: 's1', ...order(), status: 'SUCCEEDED', reference: 'OPERATOR-00000001' };
  for (const _ of ['first', 'repeated']) {
    const response = await charge('s1');
    expect([response.status, await response.json()]).toEqual([201, charged]);
  }
  expect(await (await inquire('s1')).json()).toEqual(charged);
  const { reference: __, ...listed } = charged;
  expect(await list(`${simulator.operatorUrl}/charges`)).toEqual([listed]);
  const other = await charge('s1', order('+989121234568'));
  expect([other.status, await other.json()]).toEqual([422, { code: 'idempotency_key_reused' }]);
  const unknown = await inquire('never');
  expect([unknown.status, await unknown.json()]).toEqual([404, { code: 'charge_not_found' }]);
});

it('SA-1: bank and operator know nothing of each other, not even by the same key', async () => {
  await charge('k');
  expect(await list(`${simulator.url}/payouts`)).toEqual([]);
  await post(`${simulator.url}/payouts`, 'k', { account: 'IR-1', amount: '1.00', currency: 'USD' });
  expect(await list(`${simulator.url}/payouts`)).toHaveLength(1);
  expect(await list(`${simulator.operatorUrl}/charges`)).toHaveLength(1);
  expect((await charge('a', { account: 'IR-1', amount: '1.00', currency: 'USD' })).status).toBe(
    400,
  );
});

it.each([
  ['901', 422, 422, 'REFUSED'],
  ['902', 503, 201, 'SUCCEEDED'],
  ['903', 429, 201, 'SUCCEEDED'],
  ['904', 201, 201, 'SUCCEEDED'],
  ['906', 200, 201, 'SUCCEEDED'],
])(
  'WD-9: a number that ends in %s gets %i, then %i, and ends as %p',
  async (end, first, then, status) => {
    const body = order(`+989121234${end}`);
    expect((await charge('s1', body)).status).toBe(first);
    expect((await charge('s1', body)).status).toBe(then);
    expect(await list(`${simulator.operatorUrl}/charges`)).toMatchObject([{ key: 's1', status }]);
  },
);

it('WD-9: a number that ends in 905 is charged, and its response is lost', async () => {
  await expect(charge('s1', order('+989121234905'))).rejects.toThrow('fetch failed');
  expect(await (await inquire('s1')).json()).toMatchObject({ status: 'SUCCEEDED' });
});

it.each(['+989121234900', '+989121234907', '+98912123490', '+989121239010'])(
  'WD-9: %s has no fault',
  async (number) => {
    expect((await charge('s1', order(number))).status).toBe(201);
  },
);

it('WD-9: a fault by control is of one provider', async () => {
  const control = `${simulator.operatorUrl}/control`;
  const body = JSON.stringify({ behaviour: 'REFUSE' });
  expect((await fetch(control, { method: 'POST', body })).status).toBe(200);
  expect((await charge('s1')).status).toBe(422);
  const payout = { account: 'IR-1', amount: '1.00', currency: 'USD' };
  expect((await post(`${simulator.url}/payouts`, 'k', payout)).status).toBe(201);
  await fetch(control, { method: 'DELETE' });
  expect((await charge('s2')).status).toBe(201);
});
