import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { currencyCode, minor } from '../../../lambdas/ledger/money.ts';
import { httpBank } from '../../../lambdas/payouts/providers/bank.ts';
import type { Payout } from '../../../lambdas/payouts/providers/provider.ts';
import { tokenIn } from '../../../lambdas/payouts/providers/token-secret.ts';
import { faultyBank, respondWith } from '../../harness/faulty-bank.ts';

const TOKEN = 'sk_live-1|x.Y~z+/==';

describe('WD-5: the secret of the bank, as it is stored', () => {
  it.each([
    ['plain text', TOKEN],
    ['digits', '1234567890'],
    ['plain text with a line break at its end', `${TOKEN}\n`],
    ['one key with a value, from the AWS console', JSON.stringify({ apiKey: TOKEN })],
    ['one key, with spaces around it', ` { "token" : "${TOKEN}" }\n`],
  ])('%s is a token', (_, stored) => {
    expect(tokenIn(stored)).toBe(stored.startsWith('1') ? stored : TOKEN);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a space', ' '],
    ['two words', 'Bearer abc'],
    ['two lines', 'abc\ndef'],
    ['a letter that no header can carry', 'ключ'],
    ['binary data', new TextEncoder().encode(TOKEN)],
    ['an object without keys', '{}'],
    ['an object with two keys', '{"clientId":"a","clientSecret":"b"}'],
    ['an object with an empty value', '{"apiKey":""}'],
    ['an object with a number', '{"apiKey":123}'],
    ['an object in an object', '{"bank":{"apiKey":"abc"}}'],
    ['an incomplete object', '{"apiKey":"abc"'],
    ['an object without quotes', '{apiKey:abc}'],
    ['a list', '["abc"]'],
    ['a text in quotes', '"abc"'],
  ])('%s is no token', (_, stored) => {
    expect(tokenIn(stored)).toBeUndefined();
  });
});

describe('WD-6: a call with the stored secret', () => {
  const PAYOUT: Payout = {
    key: 'TXN0000000000000000000001',
    destination: 'IR-1',
    amount: minor(1234n),
    currency: currencyCode.parse('USD'),
  };
  const now = (): Date => new Date('2026-11-20T12:00:00.000Z');
  const until = new Date('2026-11-20T12:01:00.000Z');
  const close: (() => Promise<void>)[] = [];
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const each of close.splice(0)) await each();
  });
  const bankWith = async (secret: unknown) => {
    // Without jitter the retries start at once.
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const bank = await faultyBank(respondWith(503, {}));
    close.push(bank.close);
    const http = httpBank({ url: bank.url, secret: async () => secret, callMs: 60_000, now });
    return { ...http, requests: bank.requests };
  };

  it('sends the value of its only key', async () => {
    const bank = await bankWith(JSON.stringify({ apiKey: TOKEN }));
    await bank.pay(PAYOUT, until);
    expect(bank.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it('sends nothing without a token, and says why without the secret', async () => {
    const bank = await bankWith('{"clientId":"a-client","clientSecret":"a-secret"}');
    const why = 'the secret is neither a token nor one key with a token';
    expect(await bank.pay(PAYOUT, until)).toEqual({ kind: 'not_executed', why });
    expect(await bank.inquire(PAYOUT, until)).toEqual({ kind: 'unclear', why });
    expect(bank.requests).toEqual([]);
  });
});
