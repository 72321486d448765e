import '../../harness/enable-logs.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { currencyCode } from '../../../lambdas/ledger/money.ts';
import { formatRate } from '../../../lambdas/ledger/rates.ts';
import { type RateSource, sourceAt } from '../../../lambdas/operations/conversions/rate-source.ts';
import { checkedRates, type Rates } from '../../../lambdas/operations/conversions/rates.ts';
import {
  type BankResponse,
  faultyBank,
  neverRespond,
  resetConnection,
  respondWith,
} from '../../harness/faulty-bank.ts';
import { linesOf } from '../../harness/log-lines.ts';

const MAX_AGE_MS = 60_000;
/** Longer than a process waits before it asks the source again. */
const A_WHILE_MS = 5_000;
const documentOf = (rates: object, currency = 'USD') => ({ data: { currency, rates } });

/** Rates on a clock that the test moves, from a source whose next answers the test gives. */
function setUp(...documents: readonly unknown[]) {
  const clock = { ms: Date.parse('2026-11-20T12:00:00.000Z') };
  const answers = [...documents];
  let asked = 0;
  const source: RateSource = async () => {
    asked += 1;
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const rates = checkedRates(source, { now: () => new Date(clock.ms), maxAgeMs: MAX_AGE_MS });
  return {
    pair: (from: string, to: string) => textOf(rates, from, to),
    later: async (ms: number, from = 'USD', to = 'EUR') => {
      clock.ms += ms;
      return textOf(rates, from, to);
    },
    asked: () => asked,
    answerWith: (...next: readonly unknown[]) => {
      answers.splice(0, answers.length, ...next);
    },
  };
}
async function textOf(rates: Rates, from: string, to: string): Promise<string> {
  const rate = await rates(currencyCode.parse(from), currencyCode.parse(to));
  return typeof rate === 'string' ? rate : formatRate(rate);
}
/** What is logged of rates, without the time. */
const loggedBy = async (work: () => Promise<unknown>) =>
  (await linesOf(work)).map(({ message, currency, why, level }) => ({
    message,
    currency,
    why,
    level,
  }));
const refusal = (currency: string, why: string) => ({
  message: 'RATE_REFUSED',
  currency,
  why,
  level: 'ERROR',
});

describe('WA-7: rates of a source, all against one base', () => {
  it('give a pair directly, inverted, or across the base', async () => {
    const { pair } = setUp(documentOf({ EUR: '0.8', JPY: '160', USD: '1.00' }));
    expect(await pair('USD', 'EUR')).toBe('0.8');
    expect(await pair('EUR', 'USD')).toBe('1.25');
    expect(await pair('EUR', 'JPY')).toBe('200');
    expect(await pair('JPY', 'EUR')).toBe('0.005');
  });

  it('a pair with a currency that the source does not list is not supported', async () => {
    const { pair } = setUp(documentOf({ EUR: '0.8', XYZ: '3', DOGE: '9' }));
    expect(await pair('USD', 'CHF')).toBe('pair_not_supported');
    expect(await pair('CHF', 'EUR')).toBe('pair_not_supported');
    expect(await pair('GBP', 'CHF')).toBe('pair_not_supported');
  });

  it('are asked for once in five seconds, and once for requests at the same time', async () => {
    const { pair, later, asked } = setUp(documentOf({ EUR: '0.8', JPY: '160' }));
    await Promise.all([pair('USD', 'EUR'), pair('USD', 'JPY'), pair('JPY', 'EUR')]);
    await later(A_WHILE_MS - 1);
    expect(asked()).toBe(1);
    await later(1);
    expect(asked()).toBe(2);
  });

  it('a source that fails is not asked by every request either', async () => {
    const { pair, later, asked } = setUp(new Error('down'));
    expect([await pair('USD', 'EUR'), await later(A_WHILE_MS - 1)]).toEqual([
      'rates_unavailable',
      'rates_unavailable',
    ]);
    expect(asked()).toBe(1);
  });
});

describe('WA-7: the last good rate is used for 60 s', () => {
  it('and not a millisecond longer', async () => {
    const { pair, later, answerWith } = setUp(documentOf({ EUR: '0.8' }));
    expect(await pair('USD', 'EUR')).toBe('0.8');
    answerWith(new Error('down'));
    expect(await later(A_WHILE_MS)).toBe('0.8');
    expect(await later(MAX_AGE_MS - A_WHILE_MS)).toBe('0.8');
    expect(await later(1)).toBe('rates_unavailable');
    answerWith(documentOf({ EUR: '0.81' }));
    expect(await later(A_WHILE_MS)).toBe('0.81');
  });

  it('without one, no pair is quoted, also none that the source does not list', async () => {
    const { pair } = setUp(new Error('down'));
    expect(await pair('USD', 'EUR')).toBe('rates_unavailable');
    expect(await pair('USD', 'CHF')).toBe('rates_unavailable');
  });

  it('of a currency that the source no longer lists', async () => {
    const { pair, later, answerWith } = setUp(documentOf({ EUR: '0.8', JPY: '160' }));
    await pair('USD', 'EUR');
    answerWith(documentOf({ JPY: '160' }));
    expect(await later(MAX_AGE_MS)).toBe('0.8');
    expect(await later(A_WHILE_MS)).toBe('rates_unavailable');
    expect(await pair('USD', 'JPY')).toBe('160');
  });

  it('is as old as the question, however late the source answered', async () => {
    const clock = { ms: 0 };
    const slow: RateSource = async () => {
      if (clock.ms > 0) throw new Error('down');
      clock.ms += 2_000;
      return documentOf({ EUR: '0.8' });
    };
    const rates = checkedRates(slow, { now: () => new Date(clock.ms), maxAgeMs: MAX_AGE_MS });
    expect(await textOf(rates, 'USD', 'EUR')).toBe('0.8');
    clock.ms = MAX_AGE_MS;
    expect(await textOf(rates, 'USD', 'EUR')).toBe('0.8');
    clock.ms += 1;
    expect(await textOf(rates, 'USD', 'EUR')).toBe('rates_unavailable');
  });
});

describe('WA-7: a rate that cannot be right is refused and logged, not used', () => {
  it.each<[string, unknown, string]>([
    ['zero', '0.00', 'not_positive'],
    ['negative', '-0.8', 'not_positive'],
    ['no number', 'n/a', 'malformed'],
    ['a JSON number', 0.8, 'malformed'],
    ['missing', null, 'malformed'],
    ['more than 10 % above the last one', '0.8801', 'jump'],
    ['more than 10 % below the last one', '0.7199', 'jump'],
    ['a hundred times the last one', '80', 'jump'],
  ])('one that is %s', async (_, text, why) => {
    const { pair, later, answerWith } = setUp(documentOf({ EUR: '0.8', JPY: '160' }));
    await pair('USD', 'EUR');
    answerWith(documentOf({ EUR: text, JPY: '161' }));
    const lines = await loggedBy(() => later(A_WHILE_MS));
    expect(lines).toEqual([refusal('EUR', why)]);
    expect([await pair('USD', 'EUR'), await pair('USD', 'JPY')]).toEqual(['0.8', '161']);
  });

  it.each(['0.88', '0.72'])('one that is exactly 10 % off, %s, is used', async (text) => {
    const { pair, later, answerWith } = setUp(documentOf({ EUR: '0.8' }));
    await pair('USD', 'EUR');
    answerWith(documentOf({ EUR: text }));
    expect(await loggedBy(() => later(A_WHILE_MS))).toEqual([]);
    expect(await pair('USD', 'EUR')).toBe(text);
  });

  it.each<[string, unknown]>([
    ['zero', '0'],
    ['negative', '-1'],
    ['malformed', ''],
  ])('a first one that is %s: the pair is known, but not quoted', async (_, text) => {
    const { pair } = setUp(documentOf({ EUR: text, JPY: '160' }));
    expect(await pair('USD', 'EUR')).toBe('rates_unavailable');
    expect(await pair('USD', 'JPY')).toBe('160');
  });

  it('steps of less than 10 % are followed', async () => {
    const { pair, later, answerWith } = setUp(documentOf({ EUR: '0.8' }));
    await pair('USD', 'EUR');
    for (const text of ['0.87', '0.95', '1.03']) {
      answerWith(documentOf({ EUR: text }));
      expect(await later(A_WHILE_MS)).toBe(text);
    }
  });

  it('a jump that persists is used once the last good rate is too old, and a passing one never', async () => {
    const { pair, later, answerWith } = setUp(documentOf({ EUR: '0.8' }));
    await pair('USD', 'EUR');
    answerWith(documentOf({ EUR: '8' }));
    for (let ms = A_WHILE_MS; ms <= MAX_AGE_MS; ms += A_WHILE_MS)
      expect(await later(A_WHILE_MS)).toBe('0.8');
    expect(await later(A_WHILE_MS)).toBe('8');
    answerWith(documentOf({ EUR: '0.8' }), documentOf({ EUR: '8.1' }));
    expect([await later(A_WHILE_MS), await later(A_WHILE_MS)]).toEqual(['8', '8.1']);
  });

  it('after an outage, the first rate is still compared with the last one', async () => {
    const { pair, later, answerWith } = setUp(documentOf({ EUR: '0.8' }));
    await pair('USD', 'EUR');
    answerWith(documentOf({ EUR: '1.6' }));
    expect(await later(10 * MAX_AGE_MS)).toBe('rates_unavailable');
    expect(await later(A_WHILE_MS)).toBe('1.6');
  });

  it.each<[string, unknown]>([
    ['another base', documentOf({ EUR: '1' }, 'EUR')],
    ['an unknown base', documentOf({ EUR: '1' }, 'XYZ')],
    ['a list', []],
    ['a text', 'rates'],
    ['rates in a list', documentOf(['0.8'])],
    ['an error of the source', { errors: [{ id: 'rate_limit_exceeded' }] }],
    ['nothing', undefined],
  ])('a document with %s is not read', async (_, document) => {
    const { pair, later, answerWith } = setUp(documentOf({ EUR: '0.8' }));
    await pair('USD', 'EUR');
    answerWith(document);
    const lines = await loggedBy(() => later(A_WHILE_MS));
    expect(lines).toMatchObject([{ message: 'RATES_UNREADABLE', level: 'ERROR' }]);
    expect(await pair('USD', 'EUR')).toBe('0.8');
    expect(await later(MAX_AGE_MS)).toBe('rates_unavailable');
  });
});

const opened: { readonly close: () => Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});
const CALL_MS = 300;
/** The first part of a response, and what happens then. */
const begin =
  (then: BankResponse): BankResponse =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"data":', () => then(response));
  };

describe('WA-7: a source over HTTP', () => {
  const readFrom = async (...responses: readonly [BankResponse, ...BankResponse[]]) => {
    const server = await faultyBank(...responses);
    opened.push(server);
    return sourceAt(server.url, CALL_MS)();
  };

  it('is read as JSON', async () => {
    const document = documentOf({ EUR: '0.8' });
    expect(await readFrom(respondWith(200, document))).toEqual(document);
  });

  it.each<[string, BankResponse]>([
    ['that never answers', neverRespond],
    ['that resets the connection', resetConnection],
    ['that breaks off', begin((response) => void response.socket?.destroy())],
    ['that stops in the middle', begin(neverRespond)],
    ['that answers 500', respondWith(500, documentOf({ EUR: '0.8' }))],
    ['that answers 404', respondWith(404, documentOf({ EUR: '0.8' }))],
    ['that answers 204', respondWith(204, '')],
    ['that sends no JSON', respondWith(200, '<html>')],
    ['that redirects', respondWith(302, '', { location: 'https://elsewhere.example.com' })],
  ])('%s gives nothing, in time', async (_, response) => {
    const start = performance.now();
    await expect(readFrom(response)).rejects.toThrow();
    expect(performance.now() - start).toBeLessThan(10 * CALL_MS);
  });

  it('that nobody serves gives nothing', async () => {
    await expect(sourceAt('http://127.0.0.1:1', CALL_MS)()).rejects.toThrow();
  });
});

describe('WA-7: a source in a file', () => {
  it('is read for each question, so that a change is seen', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'surety-rates-'));
    opened.push({ close: async () => rmSync(folder, { recursive: true }) });
    const path = join(folder, 'rates of today.json');
    const source = sourceAt(pathToFileURL(path).href, CALL_MS);
    await expect(source()).rejects.toThrow('ENOENT');
    writeFileSync(path, JSON.stringify(documentOf({ EUR: '0.8' })));
    expect(await source()).toEqual(documentOf({ EUR: '0.8' }));
    writeFileSync(path, JSON.stringify(documentOf({ EUR: '0.81' })));
    expect(await source()).toEqual(documentOf({ EUR: '0.81' }));
  });

  it('the one of the local cloud has the rates of the walkthrough', async () => {
    const source = sourceAt(pathToFileURL(join('local', 'rates.json')).href, CALL_MS);
    const rates = checkedRates(source, { now: () => new Date(), maxAgeMs: MAX_AGE_MS });
    expect(await textOf(rates, 'USD', 'EUR')).toBe('0.92');
    expect(await textOf(rates, 'BTC', 'IRT')).toBe('4000000000');
  });
});
