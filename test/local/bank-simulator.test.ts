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
const ledger = async () => (await fetch(`${bank.url}/payouts`)).json();
const misbehave = (body: unknown) =>
  fetch(`${bank.url}/control`, { method: 'POST', body: JSON.stringify(body) });
const behave = () => fetch(`${bank.url}/control`, { method: 'DELETE' });

const paid = (key: string, account = 'IR-1') => ({
  key,
  ...order(account),
  status: 'SUCCEEDED',
  reference: 'BANK-00000001',
});

it('WD-9: pays, and says so to an inquiry and in its own ledger', async () => {
  const answer = await pay('w1');
  expect([answer.status, await answer.json()]).toEqual([201, paid('w1')]);
  const found = await inquire('w1');
  expect([found.status, await found.json()]).toEqual([200, paid('w1')]);
  expect(await ledger()).toEqual([{ key: 'w1', ...order(), status: 'SUCCEEDED' }]);
});

it('WD-9: a key that was never used is not found', async () => {
  const answer = await inquire('never');
  expect([answer.status, await answer.json()]).toEqual([404, { code: 'payout_not_found' }]);
});

it('WD-9: the same key and order hear the first answer, and are paid once', async () => {
  const first = await (await pay('w1')).text();
  const again = await pay('w1');
  expect([again.status, await again.text()]).toEqual([201, first]);
  expect(await ledger()).toHaveLength(1);
});

it('WD-9: ten requests with one key at once are paid once', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => pay('w1')));
  expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
  expect(await ledger()).toHaveLength(1);
});

it.each([order('IR-2'), order('IR-1', '10.01'), { ...order(), currency: 'EUR' }])(
  'WD-9: a key used for another order is refused (%j)',
  async (other) => {
    await pay('w1');
    const answer = await pay('w1', other);
    expect([answer.status, await answer.json()]).toEqual([422, { code: 'idempotency_key_reused' }]);
    expect(await ledger()).toEqual([{ key: 'w1', ...order(), status: 'SUCCEEDED' }]);
  },
);

it('WD-9: a closed account is refused, for ever and to every question', async () => {
  const refused = {
    key: 'w1',
    ...order('IR-1-refuse'),
    status: 'REFUSED',
    code: 'account_closed',
  };
  for (const _ of ['first', 'again']) {
    const answer = await pay('w1', order('IR-1-refuse'));
    expect([answer.status, await answer.json()]).toEqual([422, refused]);
  }
  const found = await inquire('w1');
  expect([found.status, await found.json()]).toEqual([200, refused]);
  expect(await ledger()).toEqual([{ key: 'w1', ...order('IR-1-refuse'), status: 'REFUSED' }]);
});

it('WD-9: an account that is closed stays closed when the first try met a 503', async () => {
  await misbehave({ behaviour: '503', times: 1 });
  expect((await pay('w1', order('IR-1-REFUSE'))).status).toBe(503);
  expect((await pay('w1', order('IR-1-REFUSE'))).status).toBe(422);
});

it.each([
  ['IR-1-503', 503, null],
  ['IR-1-RATE', 429, '1'],
])(
  'WD-9: %s does nothing at the first try under a key, and pays at the next',
  async (account, status, later) => {
    const first = await pay('w1', order(account));
    expect([first.status, first.headers.get('retry-after')]).toEqual([status, later]);
    expect((await inquire('w1')).status).toBe(404);
    expect((await pay('w1', order(account))).status).toBe(201);
    expect((await pay('w2', order(account))).status).toBe(status);
  },
);

it('WD-9: a lost answer was paid all the same, and the next try hears it', async () => {
  await expect(pay('w1', order('IR-1-LOST'))).rejects.toThrow('fetch failed');
  expect(await (await inquire('w1')).json()).toEqual(paid('w1', 'IR-1-LOST'));
  expect((await pay('w1', order('IR-1-LOST'))).status).toBe(201);
  expect(await ledger()).toHaveLength(1);
});

it('WD-9: a garbled answer was paid all the same', async () => {
  const answer = await pay('w1', order('IR-1-GARBLED'));
  expect(answer.status).toBe(200);
  await expect(answer.json()).rejects.toThrow('JSON');
  expect(await (await inquire('w1')).json()).toEqual(paid('w1', 'IR-1-GARBLED'));
});

it('WD-9: a slow answer is paid before it is answered', async () => {
  const late = pay('w1', order('IR-1-SLOW'));
  while (waits.length === 0) await inquire('w1');
  expect(await (await inquire('w1')).json()).toEqual(paid('w1', 'IR-1-SLOW'));
  expect(waits[0]?.ms).toBe(4_000);
  waits[0]?.end();
  expect((await late).status).toBe(201);
});

it('WD-9: by control it misbehaves for every account until told to behave', async () => {
  expect((await misbehave({ behaviour: '503' })).status).toBe(200);
  for (const _ of ['first', 'second', 'third']) expect((await pay('w1')).status).toBe(503);
  await behave();
  expect((await pay('w1')).status).toBe(201);
});

it('WD-9: by control it misbehaves a given number of times', async () => {
  await misbehave({ behaviour: 'rate', times: 2 });
  const statuses = [];
  for (const key of ['w1', 'w2', 'w3']) statuses.push((await pay(key)).status);
  expect(statuses).toEqual([429, 429, 201]);
});

it('WD-9: whoever does not say who they are is not served', async () => {
  expect((await pay('w1', order(), {})).status).toBe(401);
  expect((await fetch(`${bank.url}/payouts/w1`)).status).toBe(401);
  expect(await ledger()).toEqual([]);
});

it.each([
  ['a number for an amount', 'w1', { ...order(), amount: 10 }],
  ['nothing to pay', 'w1', order('IR-1', '0.00')],
  ['a negative amount', 'w1', order('IR-1', '-1.00')],
  ['no account', 'w1', { amount: '1.00', currency: 'USD' }],
  ['a field it does not know', 'w1', { ...order(), memo: 'x' }],
  ['a key with a space', 'w 1', order()],
  ['an empty key', '', order()],
  ['a body that is too long', 'w1', order('x'.repeat(20_000))],
])('WD-9: %s is a bad request', async (_, key, body) => {
  const answer = await pay(key, body);
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'invalid_request' }]);
  expect(await ledger()).toEqual([]);
});

it('WD-9: a behaviour it does not have is a bad request, another path not found', async () => {
  expect((await misbehave({ behaviour: 'EXPLODE' })).status).toBe(400);
  expect((await fetch(`${bank.url}/elsewhere`)).status).toBe(404);
});
