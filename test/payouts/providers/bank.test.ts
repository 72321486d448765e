import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { currencyCode, minor } from '../../../lambdas/ledger/money.ts';
import { httpBank } from '../../../lambdas/payouts/providers/bank.ts';
import type {
  Payout,
  Provider,
  ProviderAnswer,
} from '../../../lambdas/payouts/providers/provider.ts';
import { startBank } from '../../../local/bank/server.ts';
import {
  type BankResponse,
  faultyBank,
  neverRespond,
  resetConnection,
  resetDuringBody,
  respondWith,
} from '../../harness/faulty-bank.ts';

const PAYOUT: Payout = {
  key: 'TXN0000000000000000000001',
  destination: 'IR-1',
  amount: minor(1234n),
  currency: currencyCode.parse('USD'),
};
const PAID = {
  key: PAYOUT.key,
  account: 'IR-1',
  amount: '12.34',
  currency: 'USD',
  status: 'SUCCEEDED',
  reference: 'B-1',
};
const REFUSED = { ...PAID, status: 'REFUSED', reference: undefined, code: 'account_closed' };

const LONG_CALL_MS = 60_000;
let instant = Date.parse('2026-11-20T12:00:00.000Z');
const now = (): Date => new Date(instant);
const CLAIM_MS = 60_000;
const until = (): Date => new Date(instant + CLAIM_MS);
const secret = async (): Promise<string> => 'secret';
const bankAt = (url: string): Provider => httpBank({ url, secret, callMs: LONG_CALL_MS, now });

const opened: { readonly close: () => Promise<void> }[] = [];
beforeEach(() => {
  // Without jitter the retries start at once.
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const each of opened.splice(0)) await each.close();
});
const bankResponding = async (...responses: readonly [BankResponse, ...BankResponse[]]) => {
  const bank = await faultyBank(...responses);
  opened.push(bank);
  return { ...bankAt(bank.url), requests: bank.requests };
};
const kindAndRequests = async (
  call: 'pay' | 'inquire',
  ...responses: readonly [BankResponse, ...BankResponse[]]
) => {
  const bank = await bankResponding(...responses);
  const answer = await bank[call](PAYOUT, until());
  return [answer.kind, bank.requests.length];
};

describe('WD-5: the requests that the bank receives', () => {
  it('a payout carries the account, the decimal amount, the idempotency key and the secret', async () => {
    const bank = await bankResponding(respondWith(201, PAID));
    await bank.pay(PAYOUT, until());
    expect(bank.requests).toHaveLength(1);
    expect(bank.requests[0]).toMatchObject({
      line: 'POST /payouts',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': PAYOUT.key,
        authorization: 'Bearer secret',
      },
    });
    expect(JSON.parse(bank.requests[0]?.body ?? '')).toEqual({
      account: 'IR-1',
      amount: '12.34',
      currency: 'USD',
    });
  });

  it('an inquiry carries only the key', async () => {
    const bank = await bankResponding(respondWith(200, { ...PAID, key: 'a/b' }));
    await bank.inquire({ ...PAYOUT, key: 'a/b' }, until());
    expect(bank.requests).toMatchObject([
      { line: 'GET /payouts/a%2Fb', headers: { authorization: 'Bearer secret' }, body: '' },
    ]);
  });

  it('every retry sends an identical request', async () => {
    const bank = await bankResponding(
      respondWith(429, {}),
      respondWith(401, {}),
      respondWith(201, PAID),
    );
    expect(await bank.pay(PAYOUT, until())).toEqual({ kind: 'succeeded', reference: 'B-1' });
    expect(bank.requests).toHaveLength(3);
    const sent = bank.requests.map(({ line, body, headers }) => [
      line,
      body,
      headers['idempotency-key'],
    ]);
    expect(sent[1]).toEqual(sent[0]);
    expect(sent[2]).toEqual(sent[0]);
  });

  it('the next retry uses a rotated secret', async () => {
    const bank = await faultyBank(respondWith(401, {}), respondWith(201, PAID));
    opened.push(bank);
    const secrets = ['old', 'new'];
    const rotating = httpBank({
      url: bank.url,
      secret: async () => secrets.shift() ?? 'new',
      callMs: LONG_CALL_MS,
      now,
    });
    expect(await rotating.pay(PAYOUT, until())).toMatchObject({ kind: 'succeeded' });
    expect(bank.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer new',
    ]);
  });
});

describe('WD-6: the meaning of the bank’s response to a payout', () => {
  it.each<[string, BankResponse, ProviderAnswer]>([
    ['succeeded, HTTP 201', respondWith(201, PAID), { kind: 'succeeded', reference: 'B-1' }],
    ['succeeded, HTTP 200', respondWith(200, PAID), { kind: 'succeeded', reference: 'B-1' }],
    ['refused, HTTP 422', respondWith(422, REFUSED), { kind: 'refused', code: 'account_closed' }],
    [
      'succeeded, without a reference',
      respondWith(201, { ...PAID, reference: undefined }),
      { kind: 'succeeded', reference: undefined },
    ],
    [
      'refused, without a code',
      respondWith(422, { ...REFUSED, code: undefined }),
      { kind: 'refused', code: 'refused' },
    ],
  ])('a payout is %s', async (_, response, means) => {
    const bank = await bankResponding(response);
    expect(await bank.pay(PAYOUT, until())).toEqual(means);
    expect(bank.requests).toHaveLength(1);
  });

  it.each<[string, BankResponse]>([
    ['a payout of another amount', respondWith(201, { ...PAID, amount: '12.33' })],
    ['an amount that is a number', respondWith(201, { ...PAID, amount: 12.34 })],
    ['a payout in another currency', respondWith(201, { ...PAID, currency: 'EUR' })],
    ['a payout to another account', respondWith(201, { ...PAID, account: 'IR-2' })],
    ['a payout under another key', respondWith(201, { ...PAID, key: 'another' })],
    ['an unknown status', respondWith(201, { ...PAID, status: 'ACCEPTED' })],
    ['a paid payout with the HTTP status of a refusal', respondWith(422, PAID)],
    ['a refused payout with the HTTP status of a success', respondWith(201, REFUSED)],
    ['an unreadable success', respondWith(200, '{"key": "…')],
    ['an empty success', respondWith(200, '')],
    ['a success that is a web page', respondWith(200, '<html></html>')],
    ['a success with an empty object', respondWith(200, {})],
    ['a success with a list', respondWith(200, [PAID])],
    ['a response without content', (response) => response.writeHead(204).end()],
    ['a refusal of another amount', respondWith(422, { ...REFUSED, amount: '12.33' })],
    ['a refusal of another account', respondWith(422, { ...REFUSED, account: 'IR-2' })],
    ['a refusal of another key', respondWith(422, { ...REFUSED, key: 'another' })],
    ['a refusal without a payout', respondWith(422, { code: 'account_closed' })],
    ['a key that was used for another order', respondWith(422, { code: 'idempotency_key_reused' })],
    ['an unreadable refusal', respondWith(422, 'account closed')],
    ['a conflict', respondWith(409, REFUSED)],
    ['HTTP 402', respondWith(402, REFUSED)],
    ['a success with HTTP 300', respondWith(300, PAID)],
    ['a refusal with HTTP 500', respondWith(500, REFUSED)],
    ['an internal error', respondWith(500, { code: 'oops' })],
    ['a bad gateway', respondWith(502, '')],
    ['HTTP 503', respondWith(503, { code: 'unavailable' }, { 'retry-after': '1' })],
    ['a gateway time-out', respondWith(504, '')],
    ['a redirect', respondWith(302, '', { location: '/elsewhere' })],
    ['a redirect that keeps the method', respondWith(307, '', { location: '/payouts' })],
    ['a connection reset before the response', resetConnection],
    ['a connection reset during the response', resetDuringBody],
  ])('the answer is unclear, and the request is not repeated, after %s', async (_, response) => {
    expect(await kindAndRequests('pay', response)).toEqual(['unclear', 1]);
  });

  it('a call without a response in time is unclear, even if the claim has time left', async () => {
    const bank = await faultyBank(neverRespond);
    opened.push(bank);
    const impatient = httpBank({ url: bank.url, secret, callMs: 50, now });
    expect(await impatient.pay(PAYOUT, until())).toMatchObject({ kind: 'unclear' });
    expect(await impatient.inquire(PAYOUT, until())).toMatchObject({ kind: 'unclear' });
    expect(bank.requests.filter(({ line }) => line.startsWith('POST')).length).toBeLessThan(2);
  });

  it.each([400, 401, 403, 404, 405, 413, 415, 429])(
    'HTTP %s means not executed, after three tries',
    async (status) => {
      expect(await kindAndRequests('pay', respondWith(status, REFUSED))).toEqual([
        'not_executed',
        3,
      ]);
    },
  );

  it('a refused connection means not executed', async () => {
    const bank = await faultyBank(neverRespond);
    await bank.close();
    expect(await bankAt(bank.url).pay(PAYOUT, until())).toEqual({
      kind: 'not_executed',
      why: 'ECONNREFUSED',
    });
  });

  it('nothing is sent without a readable secret', async () => {
    const bank = await faultyBank(respondWith(201, PAID));
    opened.push(bank);
    const secretless = httpBank({
      url: bank.url,
      secret: () => Promise.reject(new Error('denied')),
      callMs: LONG_CALL_MS,
      now,
    });
    expect(await secretless.pay(PAYOUT, until())).toMatchObject({ kind: 'not_executed' });
    expect(bank.requests).toEqual([]);
  });

  it('an unclear response ends the retries', async () => {
    expect(await kindAndRequests('pay', respondWith(429, {}), respondWith(503, {}))).toEqual([
      'unclear',
      2,
    ]);
    expect(await kindAndRequests('pay', respondWith(429, {}), resetConnection)).toEqual([
      'unclear',
      2,
    ]);
  });

  it('WD-5: the end of the claim’s time ends the retries', async () => {
    const bank = await bankResponding(respondWith(429, {}));
    const end = until();
    // Math.random is called between two tries.
    jest.spyOn(Math, 'random').mockImplementation(() => {
      instant += CLAIM_MS - 100;
      return 0.5;
    });
    expect(await bank.pay(PAYOUT, end)).toMatchObject({ kind: 'not_executed' });
    expect(bank.requests).toHaveLength(1);
  });

  it('WD-5: the end of the claim’s time aborts a call under way', async () => {
    const bank = await faultyBank(neverRespond);
    opened.push(bank);
    const end = new Date(instant + 50);
    expect(await bankAt(bank.url).pay(PAYOUT, end)).toMatchObject({ kind: 'unclear' });
    expect(bank.requests).toHaveLength(1);
  });

  it('WD-7: nothing is sent after the end of the claim’s time, by the clock', async () => {
    const bank = await faultyBank(respondWith(201, PAID));
    opened.push(bank);
    const end = until();
    // The process is frozen while it reads the secret.
    const overslept = async (): Promise<string> => {
      instant += CLAIM_MS;
      return 'secret';
    };
    const late = httpBank({ url: bank.url, secret: overslept, callMs: LONG_CALL_MS, now });
    expect(await late.pay(PAYOUT, end)).toEqual({ kind: 'not_executed', why: 'out of time' });
    expect(await late.inquire(PAYOUT, end)).toEqual({ kind: 'unclear', why: 'out of time' });
    expect(bank.requests).toEqual([]);
  });
});

describe('WD-6: the text that a bank sends with its decision', () => {
  it.each(['code', 'reference'])('a %s is cut to 64 characters', async (name) => {
    const text = 'é'.repeat(500_000);
    const said = name === 'code' ? { ...REFUSED, code: text } : { ...PAID, reference: text };
    const bank = await bankResponding(respondWith(name === 'code' ? 422 : 201, said));
    expect(await bank.pay(PAYOUT, until())).toMatchObject({ [name]: 'é'.repeat(64) });
  });

  it('may be null', async () => {
    const paid = await bankResponding(respondWith(201, { ...PAID, reference: null, code: null }));
    expect(await paid.pay(PAYOUT, until())).toEqual({ kind: 'succeeded', reference: undefined });
    const refusing = await bankResponding(respondWith(422, { ...REFUSED, code: null }));
    expect(await refusing.pay(PAYOUT, until())).toEqual({ kind: 'refused', code: 'refused' });
  });

  it('half a character is not stored', async () => {
    const bank = await bankResponding(
      respondWith(422, { ...REFUSED, code: `${'x'.repeat(63)}💳` }),
    );
    const cut = `${'x'.repeat(63)}\uFFFD`;
    expect(await bank.pay(PAYOUT, until())).toEqual({ kind: 'refused', code: cut });
  });
});

describe('WD-6: the meaning of the bank’s response to an inquiry', () => {
  it.each<[string, BankResponse, ProviderAnswer]>([
    ['succeeded', respondWith(200, PAID), { kind: 'succeeded', reference: 'B-1' }],
    ['refused', respondWith(200, REFUSED), { kind: 'refused', code: 'account_closed' }],
    ['not found', respondWith(404, { code: 'payout_not_found' }), { kind: 'not_found' }],
  ])('a payout is %s', async (_, response, means) => {
    const bank = await bankResponding(response);
    expect(await bank.inquire(PAYOUT, until())).toEqual(means);
  });

  it.each<[string, BankResponse]>([
    ['an unknown path', respondWith(404, { code: 'not_found' })],
    ['a 404 without a body', respondWith(404, '')],
    [
      'an unknown key with the HTTP status of a success',
      respondWith(200, { code: 'payout_not_found' }),
    ],
    ['a payout of another amount', respondWith(200, { ...PAID, amount: '12.33' })],
    ['a payout under another key', respondWith(200, { ...PAID, key: 'another' })],
    ['a refusal of another amount', respondWith(200, { ...REFUSED, amount: '12.33' })],
    ['a refusal of another key', respondWith(200, { ...REFUSED, key: 'another' })],
    ['an unreadable body', respondWith(200, '{"key": "…')],
    ['a bad request', respondWith(400, REFUSED)],
    ['HTTP 401', respondWith(401, REFUSED)],
    ['HTTP 403', respondWith(403, REFUSED)],
    ['a conflict', respondWith(409, REFUSED)],
    ['HTTP 429', respondWith(429, REFUSED)],
    ['an internal error', respondWith(500, REFUSED)],
    ['HTTP 503', respondWith(503, { code: 'unavailable' })],
    ['a redirect', respondWith(302, '', { location: '/payouts' })],
    ['a connection reset', resetConnection],
  ])('the answer is unclear, and the request is not repeated, after %s', async (_, response) => {
    expect(await kindAndRequests('inquire', response)).toEqual(['unclear', 1]);
  });

  it('an inquiry that cannot be sent is unclear, because it proves nothing about the payout', async () => {
    const bank = await faultyBank(neverRespond);
    await bank.close();
    expect(await bankAt(bank.url).inquire(PAYOUT, until())).toMatchObject({ kind: 'unclear' });
    const secretless = httpBank({
      url: bank.url,
      secret: () => Promise.reject(new Error('denied')),
      callMs: LONG_CALL_MS,
      now,
    });
    expect(await secretless.inquire(PAYOUT, until())).toMatchObject({ kind: 'unclear' });
  });
});

describe('WD-9: with the bank simulator', () => {
  const simulator = async () => {
    // A SLOW response is never sent.
    const wait = (): Promise<never> => new Promise(() => {});
    const bank = await startBank({ port: 0, clock: { wait } });
    opened.push(bank);
    const paid = async (): Promise<unknown> => (await fetch(`${bank.url}/payouts`)).json();
    return { ...bankAt(bank.url), url: bank.url, paid };
  };
  const to = (destination: string): Payout => ({ ...PAYOUT, destination });

  it.each([
    // account     pay           then inquire   paid
    ['IR-1', 'succeeded', 'succeeded', 1],
    ['IR-1-REFUSE', 'refused', 'refused', 0],
    ['IR-1-503', 'unclear', 'not_found', 0],
    ['IR-1-RATE', 'succeeded', 'succeeded', 1],
    ['IR-1-SLOW', 'unclear', 'succeeded', 1],
    ['IR-1-LOST', 'unclear', 'succeeded', 1],
    ['IR-1-GARBLED', 'unclear', 'succeeded', 1],
  ])(
    'account %s: pay returns %s, and a later inquiry %s',
    async (account, answer, afterwards, times) => {
      const bank = await simulator();
      const end = account.endsWith('SLOW') ? new Date(instant + 1_000) : until();
      expect((await bank.pay(to(account), end)).kind).toBe(answer);
      expect((await bank.inquire(to(account), until())).kind).toBe(afterwards);
      const paid = (await bank.paid()) as { status: string }[];
      expect(paid.filter(({ status }) => status === 'SUCCEEDED')).toHaveLength(times);
    },
  );

  it('a payout sent twice under one key is paid once, and both responses are equal', async () => {
    const bank = await simulator();
    const first = await bank.pay(PAYOUT, until());
    expect(await bank.pay(PAYOUT, until())).toEqual(first);
    expect(await bank.paid()).toHaveLength(1);
  });

  it('a key that was used for another order is unclear, not refused', async () => {
    const bank = await simulator();
    await bank.pay(PAYOUT, until());
    expect(await bank.pay({ ...PAYOUT, amount: minor(1n) }, until())).toMatchObject({
      kind: 'unclear',
    });
  });

  it('a bank that limits every request is called three times, and executes nothing', async () => {
    const bank = await simulator();
    const order = { method: 'POST', body: JSON.stringify({ behaviour: 'rate', times: 3 }) };
    await fetch(`${bank.url}/control`, order);
    expect(await bank.pay(PAYOUT, until())).toEqual({ kind: 'not_executed', why: 'HTTP 429' });
    expect(await bank.paid()).toEqual([]);
    expect((await bank.pay(PAYOUT, until())).kind).toBe('succeeded');
  });
});
