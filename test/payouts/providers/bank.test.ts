import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { currencyCode, minor } from '../../../lambdas/ledger/money.ts';
import { httpBank } from '../../../lambdas/payouts/providers/bank.ts';
import type { Bank, Payout } from '../../../lambdas/payouts/providers/provider.ts';
import type { BankAnswer } from '../../../lambdas/payouts/settle-rule.ts';
import { startBank } from '../../../local/bank/server.ts';
import {
  type Answer,
  answerWith,
  hangUp,
  hangUpHalfWay,
  neverAnswer,
  unrulyBank,
} from '../../harness/faulty-bank.ts';

const PAYOUT: Payout = {
  key: 'TXN0000000000000000000001',
  account: 'IR-1',
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

const PATIENCE_MS = 60_000;
const until = (): AbortSignal => new AbortController().signal;
const secret = async (): Promise<string> => 'secret';
const bankAt = (url: string): Bank => httpBank({ url, secret, callMs: PATIENCE_MS });

const opened: { readonly close: () => Promise<void> }[] = [];
beforeEach(() => {
  // No jitter: tries follow each other at once.
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const each of opened.splice(0)) await each.close();
});
const bankThat = async (...answers: readonly [Answer, ...Answer[]]) => {
  const bank = await unrulyBank(...answers);
  opened.push(bank);
  return { ...bankAt(bank.url), heard: bank.heard };
};
const kindAndTries = async (how: 'pay' | 'inquire', ...answers: readonly [Answer, ...Answer[]]) => {
  const bank = await bankThat(...answers);
  const answer = await bank[how](PAYOUT, until());
  return [answer.kind, bank.heard.length];
};

describe('WD-5: what the bank is asked', () => {
  it('a payout names the account, the amount in decimals, the key and our secret', async () => {
    const bank = await bankThat(answerWith(201, PAID));
    await bank.pay(PAYOUT, until());
    expect(bank.heard).toHaveLength(1);
    expect(bank.heard[0]).toMatchObject({
      line: 'POST /payouts',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': PAYOUT.key,
        authorization: 'Bearer secret',
      },
    });
    expect(JSON.parse(bank.heard[0]?.body ?? '')).toEqual({
      account: 'IR-1',
      amount: '12.34',
      currency: 'USD',
    });
  });

  it('an inquiry names the key only', async () => {
    const bank = await bankThat(answerWith(200, { ...PAID, key: 'a/b' }));
    await bank.inquire({ ...PAYOUT, key: 'a/b' }, until());
    expect(bank.heard).toMatchObject([
      { line: 'GET /payouts/a%2Fb', headers: { authorization: 'Bearer secret' }, body: '' },
    ]);
  });

  it('every try is the same request, to the letter', async () => {
    const bank = await bankThat(answerWith(429, {}), answerWith(401, {}), answerWith(201, PAID));
    expect(await bank.pay(PAYOUT, until())).toEqual({ kind: 'succeeded', reference: 'B-1' });
    expect(bank.heard).toHaveLength(3);
    const asked = bank.heard.map(({ line, body, headers }) => [
      line,
      body,
      headers['idempotency-key'],
    ]);
    expect(asked[1]).toEqual(asked[0]);
    expect(asked[2]).toEqual(asked[0]);
  });

  it('a secret that was rotated is taken up at the next try', async () => {
    const bank = await unrulyBank(answerWith(401, {}), answerWith(201, PAID));
    opened.push(bank);
    const secrets = ['old', 'new'];
    const rotating = httpBank({
      url: bank.url,
      secret: async () => secrets.shift() ?? 'new',
      callMs: PATIENCE_MS,
    });
    expect(await rotating.pay(PAYOUT, until())).toMatchObject({ kind: 'succeeded' });
    expect(bank.heard.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer new',
    ]);
  });
});

describe('WD-6: what the bank’s answer to a payout means', () => {
  it.each<[string, Answer, BankAnswer]>([
    ['201, paid', answerWith(201, PAID), { kind: 'succeeded', reference: 'B-1' }],
    ['200, paid', answerWith(200, PAID), { kind: 'succeeded', reference: 'B-1' }],
    ['422, refused', answerWith(422, REFUSED), { kind: 'refused', code: 'account_closed' }],
  ])('%s: %j', async (_, answer, means) => {
    const bank = await bankThat(answer);
    expect(await bank.pay(PAYOUT, until())).toEqual(means);
    expect(bank.heard).toHaveLength(1);
  });

  it.each<[string, Answer]>([
    ['another amount was paid', answerWith(201, { ...PAID, amount: '12.33' })],
    ['the amount is a number', answerWith(201, { ...PAID, amount: 12.34 })],
    ['another currency was paid', answerWith(201, { ...PAID, currency: 'EUR' })],
    ['another account was paid', answerWith(201, { ...PAID, account: 'IR-2' })],
    ['another key was paid', answerWith(201, { ...PAID, key: 'another' })],
    ['a state nobody knows', answerWith(201, { ...PAID, status: 'ACCEPTED' })],
    ['paid, said with a refusal’s status', answerWith(422, PAID)],
    ['refused, said with a success’s status', answerWith(201, REFUSED)],
    ['an unreadable success', answerWith(200, '{"key": "…')],
    ['an empty success', answerWith(200, '')],
    ['a success that is a web page', answerWith(200, '<html></html>')],
    ['a success about nothing', answerWith(200, {})],
    ['a success about a list', answerWith(200, [PAID])],
    ['no content', (response) => response.writeHead(204).end()],
    ['a refusal of another amount', answerWith(422, { ...REFUSED, amount: '12.33' })],
    ['a refusal of another account', answerWith(422, { ...REFUSED, account: 'IR-2' })],
    ['a refusal of another key', answerWith(422, { ...REFUSED, key: 'another' })],
    ['a refusal without a payout', answerWith(422, { code: 'account_closed' })],
    ['our key was used for another order', answerWith(422, { code: 'idempotency_key_reused' })],
    ['an unreadable refusal', answerWith(422, 'account closed')],
    ['a conflict', answerWith(409, REFUSED)],
    ['payment required', answerWith(402, REFUSED)],
    ['a refusal with a fault of the bank', answerWith(500, REFUSED)],
    ['a fault of the bank', answerWith(500, { code: 'oops' })],
    ['a bad gateway', answerWith(502, '')],
    ['unavailable', answerWith(503, { code: 'unavailable' }, { 'retry-after': '1' })],
    ['a gateway’s time-out', answerWith(504, '')],
    ['a redirect', answerWith(302, '', { location: '/elsewhere' })],
    ['a redirect that keeps the method', answerWith(307, '', { location: '/payouts' })],
    ['a connection that breaks without an answer', hangUp],
    ['a connection that breaks within the answer', hangUpHalfWay],
  ])('%s: unclear, and nothing is sent again', async (_, answer) => {
    expect(await kindAndTries('pay', answer)).toEqual(['unclear', 1]);
  });

  it('no answer in time: unclear, though the claim has time left', async () => {
    const bank = await unrulyBank(neverAnswer);
    opened.push(bank);
    const hasty = httpBank({ url: bank.url, secret, callMs: 50 });
    expect(await hasty.pay(PAYOUT, until())).toMatchObject({ kind: 'unclear' });
    expect(await hasty.inquire(PAYOUT, until())).toMatchObject({ kind: 'unclear' });
    expect(bank.heard.filter(({ line }) => line.startsWith('POST')).length).toBeLessThan(2);
  });

  it.each([400, 401, 403, 404, 405, 413, 415, 429])(
    'HTTP %s: not taken up, tried three times, and no word about the payout',
    async (status) => {
      expect(await kindAndTries('pay', answerWith(status, REFUSED))).toEqual(['not_executed', 3]);
    },
  );

  it('a bank that is not there: nothing can have been executed', async () => {
    const bank = await unrulyBank(neverAnswer);
    await bank.close();
    expect(await bankAt(bank.url).pay(PAYOUT, until())).toEqual({
      kind: 'not_executed',
      why: 'ECONNREFUSED',
    });
  });

  it('a secret that cannot be read: nothing is sent', async () => {
    const bank = await unrulyBank(answerWith(201, PAID));
    opened.push(bank);
    const secretless = httpBank({
      url: bank.url,
      secret: () => Promise.reject(new Error('denied')),
      callMs: PATIENCE_MS,
    });
    expect(await secretless.pay(PAYOUT, until())).toMatchObject({ kind: 'not_executed' });
    expect(bank.heard).toEqual([]);
  });

  it('a doubt ends the tries, whatever came before it', async () => {
    expect(await kindAndTries('pay', answerWith(429, {}), answerWith(503, {}))).toEqual([
      'unclear',
      2,
    ]);
    expect(await kindAndTries('pay', answerWith(429, {}), hangUp)).toEqual(['unclear', 2]);
  });

  it('WD-5: when the claim’s time is up there is no further try', async () => {
    const bank = await bankThat(answerWith(429, {}));
    const claim = new AbortController();
    // The jitter is drawn between two tries.
    jest.spyOn(Math, 'random').mockImplementation(() => {
      claim.abort();
      return 0.5;
    });
    expect(await bank.pay(PAYOUT, claim.signal)).toMatchObject({ kind: 'not_executed' });
    expect(bank.heard).toHaveLength(1);
  });

  it('WD-5: nor is an answer waited for', async () => {
    const claim = new AbortController();
    const bank = await unrulyBank(() => claim.abort());
    opened.push(bank);
    const patient = httpBank({ url: bank.url, secret, callMs: PATIENCE_MS });
    expect(await patient.pay(PAYOUT, claim.signal)).toMatchObject({ kind: 'unclear' });
    expect(bank.heard).toHaveLength(1);
  });
});

describe('WD-6: what the bank’s answer to an inquiry means', () => {
  it.each<[string, Answer, BankAnswer]>([
    ['paid', answerWith(200, PAID), { kind: 'succeeded', reference: 'B-1' }],
    ['refused', answerWith(200, REFUSED), { kind: 'refused', code: 'account_closed' }],
    ['unknown to it', answerWith(404, { code: 'payout_not_found' }), { kind: 'not_found' }],
  ])('%s: %j', async (_, answer, means) => {
    const bank = await bankThat(answer);
    expect(await bank.inquire(PAYOUT, until())).toEqual(means);
  });

  it.each<[string, Answer]>([
    ['a path nobody knows', answerWith(404, { code: 'not_found' })],
    ['not found, and nothing more', answerWith(404, '')],
    ['not found, said with a success', answerWith(200, { code: 'payout_not_found' })],
    ['another amount', answerWith(200, { ...PAID, amount: '12.33' })],
    ['another key', answerWith(200, { ...PAID, key: 'another' })],
    ['a refusal of another amount', answerWith(200, { ...REFUSED, amount: '12.33' })],
    ['a refusal of another key', answerWith(200, { ...REFUSED, key: 'another' })],
    ['unreadable', answerWith(200, '{"key": "…')],
    ['a bad request', answerWith(400, REFUSED)],
    ['not signed in', answerWith(401, REFUSED)],
    ['not allowed', answerWith(403, REFUSED)],
    ['a conflict', answerWith(409, REFUSED)],
    ['too many', answerWith(429, REFUSED)],
    ['a fault of the bank', answerWith(500, REFUSED)],
    ['unavailable', answerWith(503, { code: 'unavailable' })],
    ['a redirect', answerWith(302, '', { location: '/payouts' })],
    ['a connection that breaks', hangUp],
  ])('%s: unclear, and the next turn asks again', async (_, answer) => {
    expect(await kindAndTries('inquire', answer)).toEqual(['unclear', 1]);
  });

  it('a bank that is not there, or a secret that cannot be read: unclear, for asking executes nothing', async () => {
    const bank = await unrulyBank(neverAnswer);
    await bank.close();
    expect(await bankAt(bank.url).inquire(PAYOUT, until())).toMatchObject({ kind: 'unclear' });
    const secretless = httpBank({
      url: bank.url,
      secret: () => Promise.reject(new Error('denied')),
      callMs: PATIENCE_MS,
    });
    expect(await secretless.inquire(PAYOUT, until())).toMatchObject({ kind: 'unclear' });
  });
});

describe('WD-9: with the bank simulator', () => {
  const simulator = async () => {
    const claim = new AbortController();
    // A slow answer never comes: the claim runs out of time as soon as the bank takes its time.
    const wait = (): Promise<never> => {
      claim.abort();
      return new Promise(() => {});
    };
    const bank = await startBank({ port: 0, clock: { wait } });
    opened.push(bank);
    const paid = async (): Promise<unknown> => (await fetch(`${bank.url}/payouts`)).json();
    return { ...bankAt(bank.url), url: bank.url, paid, claim: claim.signal };
  };
  const to = (account: string): Payout => ({ ...PAYOUT, account });

  it.each([
    // account     pay           then inquire   paid
    ['IR-1', 'succeeded', 'succeeded', 1],
    ['IR-1-REFUSE', 'refused', 'refused', 0],
    ['IR-1-503', 'unclear', 'not_found', 0],
    ['IR-1-RATE', 'succeeded', 'succeeded', 1],
    ['IR-1-SLOW', 'unclear', 'succeeded', 1],
    ['IR-1-LOST', 'unclear', 'succeeded', 1],
    ['IR-1-GARBLED', 'unclear', 'succeeded', 1],
  ])('%s: %s, and asked afterwards: %s', async (account, answer, afterwards, times) => {
    const bank = await simulator();
    expect((await bank.pay(to(account), bank.claim)).kind).toBe(answer);
    expect((await bank.inquire(to(account), until())).kind).toBe(afterwards);
    const paid = (await bank.paid()) as { status: string }[];
    expect(paid.filter(({ status }) => status === 'SUCCEEDED')).toHaveLength(times);
  });

  it('a payout sent twice under its key is paid once, and both hear of the same one', async () => {
    const bank = await simulator();
    const first = await bank.pay(PAYOUT, until());
    expect(await bank.pay(PAYOUT, until())).toEqual(first);
    expect(await bank.paid()).toHaveLength(1);
  });

  it('a key that was used for another order is no refusal', async () => {
    const bank = await simulator();
    await bank.pay(PAYOUT, until());
    expect(await bank.pay({ ...PAYOUT, amount: minor(1n) }, until())).toMatchObject({
      kind: 'unclear',
    });
  });

  it('a bank that limits us throughout is tried three times, and nothing was executed', async () => {
    const bank = await simulator();
    const order = { method: 'POST', body: JSON.stringify({ behaviour: 'rate', times: 3 }) };
    await fetch(`${bank.url}/control`, order);
    expect(await bank.pay(PAYOUT, until())).toEqual({ kind: 'not_executed', why: 'HTTP 429' });
    expect(await bank.paid()).toEqual([]);
    expect((await bank.pay(PAYOUT, until())).kind).toBe('succeeded');
  });
});
