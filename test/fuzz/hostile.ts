import fc from 'fast-check';
import { POOLS, source, TWISTS, text, type Value } from './value.ts';

const LONG = 'x'.repeat(3_000);
const nested = (open: string, close: string, depth: number): string =>
  open.repeat(depth) + close.repeat(depth);

/** Texts that break parsers, keys, expressions and comparisons. */
const TEXTS = [
  '',
  ' ',
  '\t\r\n',
  '\u0000',
  'a\u0000b',
  '\uFEFF',
  '\u200B\u200D',
  '\u202Eabc',
  'سلام',
  'ﷺ',
  'ß',
  'İı',
  '👩‍👩‍👧‍👦',
  'e\u0301',
  '\uFFFF',
  '~',
  '~~~',
  '#',
  'a#b',
  'M#a',
  'TXN#',
  '%',
  '%00',
  '%2e%2e%2f',
  '..',
  '../me',
  '/',
  '//',
  '\\',
  '?',
  '&a=b',
  '{id}',
  ':pk',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'undefined',
  'null',
  'true',
  'NaN',
  '-1',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of an injection
  '${jndi:ldap://127.0.0.1/a}',
  'x'.repeat(64),
  'x'.repeat(65),
  LONG,
  'ی'.repeat(1_000),
];

/** JSON of the wrong type or size, as written in a body. */
const SOURCES = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '1',
  '12.5',
  '1e400',
  '-1e-400',
  '123456789012345678901234567890',
  '{}',
  '[]',
  '[[]]',
  '["1.00"]',
  '{"amount":"1.00"}',
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"isAdmin":true}}}',
  '{"toString":1,"valueOf":1}',
  '"\\ud800"',
  '"\\u0000"',
  nested('[', ']', 500),
  nested('[', ']', 9_000),
  `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`,
];

/** Written into a path without escaping; only bytes that a request line can carry. */
const PATH_SOURCES = [
  '%',
  '%zz',
  '%00',
  '%C3%28',
  '%FF',
  '%F0%9F%92%A9',
  '%2F',
  'a%2Fb',
  '%2e%2e',
  '..',
  '.',
  '%23',
  '%3F',
  '%25',
  '%252F',
  '~',
  'a;b=c',
  'a,b',
  '*',
  '+',
  '$default',
  'by-key',
  "'",
  '{id}',
  LONG,
];

/** Not the ids of all merchants: a hostile id may suspend or archive only those that may be changed. */
const HOSTILE_POOLS = POOLS.filter((pool) => pool !== 'merchant');
const known = (): fc.Arbitrary<Value> =>
  fc.record({
    kind: fc.constant('known' as const),
    pool: fc.constantFrom(...HOSTILE_POOLS),
    at: fc.nat(10_000),
    twist: fc.constantFrom(...TWISTS),
  });

export const hostileText = (): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...TEXTS).map(text) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }).map(text) },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 80 }).map(text) },
    { weight: 1, arbitrary: known() },
  );

/** Any JSON value in the place of a field. */
export const hostileValue = (): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 5, arbitrary: hostileText() },
    { weight: 4, arbitrary: fc.constantFrom(...SOURCES).map(source) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 4 }).map(source) },
  );

export const hostilePathPart = (): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 1, arbitrary: hostileText() },
    { weight: 1, arbitrary: fc.constantFrom(...PATH_SOURCES).map(source) },
  );

export const HOSTILE_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'merchant_id',
  'is_admin',
  'status',
  'balance',
  'limit',
  '',
  'a.b',
  'amount ',
  'Amount',
];

/** Bodies that are no JSON object, or too large. */
export const hostileBody = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '{',
      '{"amount":',
      '{"amount":"1.00",}',
      "{'amount':'1.00'}",
      '{"amount":"1.00"}{}',
      '{"amount":"1.00","amount":"2.00"}',
      '\uFEFF{}',
      'null',
      '[]',
      '"text"',
      '1',
      'NaN',
      'amount=1.00&currency=USD',
      '<amount>1.00</amount>',
      '\u0000',
      `{"amount":"${'1'.repeat(40_000)}"}`,
      `{"a":"${'ی'.repeat(20_000)}"}`,
      nested('[', ']', 15_000),
    ),
    fc.constantFrom(...SOURCES),
    fc.json({ maxDepth: 5 }),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
