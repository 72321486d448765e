import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Bank, startBank } from '../../local/bank/server.ts';

let bank: Bank;
let waits: { ms: number; end: () => void }[];

beforeEach(async () => {
  waits = [];
  const wait = (ms: number) => new Promise<void>((end) => waits.push({ ms, end }));
  bank = await startBank({ port: 0, slowMs: 4_000, clock: { wait } });
});
afterEach(() => bank.close());

const AUTHORIZATION = { authorization: 'Bearer secret' };
const order = (account = 'IR-1', amount = '10.00') => ({ account, amount, currency: 'USD' });

const pay = (
  key: string,
  body: unknown = order(),
  headers: Record<string, string> = AUTHORIZATION,
) =>
  fetch(`${bank.url}/payouts`, {
    method: 'POST',
    headers: { ...headers, 'idempotency-key': key },
    body: JSON.stringify(body),
  });
const inquire = (key: string) => fetch(`${bank.url}/payouts/${key}`, { headers: AUTHORIZATION });
const recorded = async () => (await fetch(`${bank.url}/payouts`)).json();
const setFault = (body: unknown) =>
  fetch(`${bank.url}/control`, { method: 'POST', body: JSON.stringify(body) });
const clearFault = () => fetch(`${bank.url}/control`, { method: 'DELETE' });

const paid = (key: string, account = 'IR-1') => ({
  key,
  ...order(account),
  status: 'SUCCEEDED',
  reference: 'BANK-00000001',
});

it('WD-9: the bank pays, and confirms the payout in inquiries and in its list', async () => {
  const response = await pay('w1');
  expect([response.status, await response.json()]).toEqual([201, paid('w1')]);
  const found = await inquire('w1');
  expect([found.status, await found.json()]).toEqual([200, paid('w1')]);
  expect(await recorded()).toEqual([{ key: 'w1', ...order(), status: 'SUCCEEDED' }]);
});

it('WD-9: an inquiry for an unused key finds nothing', async () => {
  const response = await inquire('never');
  expect([response.status, await response.json()]).toEqual([404, { code: 'payout_not_found' }]);
});

it('WD-9: repeating a key and order returns the first response, and pays once', async () => {
  const first = await (await pay('w1')).text();
  const again = await pay('w1');
  expect([again.status, await again.text()]).toEqual([201, first]);
  expect(await recorded()).toHaveLength(1);
});

it('WD-9: ten concurrent requests with one key pay once', async () => {
  const responses = await Promise.all(Array.from({ length: 10 }, () => pay('w1')));
  expect(new Set(await Promise.all(responses.map((response) => response.text()))).size).toBe(1);
  expect(await recorded()).toHaveLength(1);
});

it.each([order('IR-2'), order('IR-1', '10.01'), { ...order(), currency: 'EUR' }])(
  'WD-9: a key cannot be reused for another order (%j)',
  async (other) => {
    await pay('w1');
    const response = await pay('w1', other);
    expect([response.status, await response.json()]).toEqual([
      422,
      { code: 'idempotency_key_reused' },
    ]);
    expect(await recorded()).toEqual([{ key: 'w1', ...order(), status: 'SUCCEEDED' }]);
  },
);

it('WD-9: a payout to a closed account stays refused, for retries and inquiries', async () => {
  const refused = {
    key: 'w1',
    ...order('IR-1-refuse'),
    status: 'REFUSED',
    code: 'account_closed',
  };
  for (const _ of ['first', 'retry']) {
    const response = await pay('w1', order('IR-1-refuse'));
    expect([response.status, await response.json()]).toEqual([422, refused]);
  }
  const found = await inquire('w1');
  expect([found.status, await found.json()]).toEqual([200, refused]);
  expect(await recorded()).toEqual([{ key: 'w1', ...order('IR-1-refuse'), status: 'REFUSED' }]);
});

it('WD-9: a closed account stays closed after a first attempt with a 503 response', async () => {
  await setFault({ behaviour: '503', times: 1 });
  expect((await pay('w1', order('IR-1-REFUSE'))).status).toBe(503);
  expect((await pay('w1', order('IR-1-REFUSE'))).status).toBe(422);
});

it.each([
  ['IR-1-503', 503, null],
  ['IR-1-RATE', 429, '1'],
])(
  'WD-9: %s pays nothing at the first attempt of a key, and pays at the second',
  async (account, status, retryAfter) => {
    const first = await pay('w1', order(account));
    expect([first.status, first.headers.get('retry-after')]).toEqual([status, retryAfter]);
    expect((await inquire('w1')).status).toBe(404);
    expect((await pay('w1', order(account))).status).toBe(201);
    expect((await pay('w2', order(account))).status).toBe(status);
  },
);

it('WD-9: a payout with a lost response is paid, and a retry returns its response', async () => {
  await expect(pay('w1', order('IR-1-LOST'))).rejects.toThrow('fetch failed');
  expect(await (await inquire('w1')).json()).toEqual(paid('w1', 'IR-1-LOST'));
  expect((await pay('w1', order('IR-1-LOST'))).status).toBe(201);
  expect(await recorded()).toHaveLength(1);
});

it('WD-9: a payout with a garbled response is paid', async () => {
  const response = await pay('w1', order('IR-1-GARBLED'));
  expect(response.status).toBe(200);
  await expect(response.json()).rejects.toThrow('JSON');
  expect(await (await inquire('w1')).json()).toEqual(paid('w1', 'IR-1-GARBLED'));
});

it('WD-9: a payout with a slow response is paid before the response', async () => {
  const late = pay('w1', order('IR-1-SLOW'));
  while (waits.length === 0) await inquire('w1');
  expect(await (await inquire('w1')).json()).toEqual(paid('w1', 'IR-1-SLOW'));
  expect(waits[0]?.ms).toBe(4_000);
  waits[0]?.end();
  expect((await late).status).toBe(201);
});

it('WD-9: a fault set by control applies to all accounts until it is cleared', async () => {
  expect((await setFault({ behaviour: '503' })).status).toBe(200);
  for (const _ of ['first', 'second', 'third']) expect((await pay('w1')).status).toBe(503);
  await clearFault();
  expect((await pay('w1')).status).toBe(201);
});

it('WD-9: a fault set by control can apply a given number of times', async () => {
  await setFault({ behaviour: 'rate', times: 2 });
  const statuses = [];
  for (const key of ['w1', 'w2', 'w3']) statuses.push((await pay(key)).status);
  expect(statuses).toEqual([429, 429, 201]);
});

it('WD-9: a request without a bearer token is unauthorized', async () => {
  expect((await pay('w1', order(), {})).status).toBe(401);
  expect((await fetch(`${bank.url}/payouts/w1`)).status).toBe(401);
  expect(await recorded()).toEqual([]);
});

it.each([
  ['a number for an amount', 'w1', { ...order(), amount: 10 }],
  ['a zero amount', 'w1', order('IR-1', '0.00')],
  ['a negative amount', 'w1', order('IR-1', '-1.00')],
  ['a missing account', 'w1', { amount: '1.00', currency: 'USD' }],
  ['an unknown field', 'w1', { ...order(), memo: 'x' }],
  ['a key with a space', 'w 1', order()],
  ['an empty key', '', order()],
  ['a body over the size limit', 'w1', order('x'.repeat(20_000))],
])('WD-9: %s is a bad request', async (_, key, body) => {
  const response = await pay(key, body);
  expect([response.status, await response.json()]).toMatchObject([
    400,
    { code: 'invalid_request' },
  ]);
  expect(await recorded()).toEqual([]);
});

it('WD-9: an unknown fault mode is a bad request, and an unknown path is not found', async () => {
  expect((await setFault({ behaviour: 'EXPLODE' })).status).toBe(400);
  expect((await fetch(`${bank.url}/elsewhere`)).status).toBe(404);
});
