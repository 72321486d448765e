import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type AmountReason,
  type Currency,
  currencyCode,
  formatAmount,
  parseAmount,
} from '../../lambdas/ledger/money.ts';

const as = (code: string): Currency => currencyCode.parse(code);

describe('WA-1: a decimal amount is read in minor units of its currency', () => {
  it.each([
    ['0.01', 'USD', 1n],
    ['1', 'USD', 100n],
    ['1.5', 'USD', 150n],
    ['1.50', 'USD', 150n],
    ['1', 'JPY', 1n],
    ['1', 'IRT', 1n],
    ['999999999999999999', 'IRT', 999_999_999_999_999_999n],
    ['0.001', 'BHD', 1n],
    ['1.0001', 'CLF', 10_001n],
    ['0.00000001', 'BTC', 1n],
    ['21000000', 'BTC', 2_100_000_000_000_000n],
    ['9007199254740993.01', 'USD', 900719925474099301n],
    ['9999999999999999.99', 'USD', 999_999_999_999_999_999n],
  ])('%s %s is %s', (text, code, units) => {
    expect(parseAmount(text, as(code))).toBe(units);
  });
});

const REFUSED: readonly (readonly [string, string, AmountReason])[] = [
  ['', 'USD', 'amount_malformed'],
  [' ', 'USD', 'amount_malformed'],
  ['1 ', 'USD', 'amount_malformed'],
  ['1\n', 'USD', 'amount_malformed'],
  ['-1', 'USD', 'amount_malformed'],
  ['+1', 'USD', 'amount_malformed'],
  ['1e3', 'USD', 'amount_malformed'],
  ['NaN', 'USD', 'amount_malformed'],
  ['Infinity', 'USD', 'amount_malformed'],
  ['0x10', 'USD', 'amount_malformed'],
  ['1,000.00', 'USD', 'amount_malformed'],
  ['1.', 'USD', 'amount_malformed'],
  ['.5', 'USD', 'amount_malformed'],
  ['1.2.3', 'USD', 'amount_malformed'],
  ['007', 'USD', 'amount_malformed'],
  ['00.5', 'USD', 'amount_malformed'],
  ['١٢', 'USD', 'amount_malformed'],
  ['۱۲', 'USD', 'amount_malformed'],
  ['１２', 'USD', 'amount_malformed'],
  ['1.٥', 'USD', 'amount_malformed'],
  ['1٫5', 'USD', 'amount_malformed'],
  ['1.001', 'USD', 'amount_too_precise'],
  ['1.000', 'USD', 'amount_too_precise'],
  ['0.999', 'USD', 'amount_too_precise'],
  ['1.0', 'JPY', 'amount_too_precise'],
  ['1.5', 'IRT', 'amount_too_precise'],
  ['1.0', 'IRT', 'amount_too_precise'],
  ['1.0001', 'BHD', 'amount_too_precise'],
  ['0.000000001', 'BTC', 'amount_too_precise'],
  ['10000000000000000.00', 'USD', 'amount_too_large'],
  ['1000000000000000000', 'JPY', 'amount_too_large'],
  ['1000000000000000000', 'IRT', 'amount_too_large'],
  ['10000000000', 'BTC', 'amount_too_large'],
  ['1'.repeat(40), 'USD', 'amount_too_large'],
  ['0', 'USD', 'amount_not_positive'],
  ['0.00', 'USD', 'amount_not_positive'],
  ['0', 'JPY', 'amount_not_positive'],
  ['0.00000000', 'BTC', 'amount_not_positive'],
];

describe('WA-1: an inexact amount is refused, never rounded', () => {
  it.each(REFUSED)('%j %s: %s', (text, code, reason) => {
    expect(parseAmount(text, as(code))).toBe(reason);
  });

  it('any text is either refused or read without loss', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9.,eE+-]{0,12}$/));
    fc.assert(
      fc.property(texts, fc.constantFrom('USD', 'JPY', 'BHD', 'BTC', 'IRT'), (text, code) => {
        const units = parseAmount(text, as(code));
        if (typeof units !== 'bigint') return;
        // The canonical text may only add zeros after the decimal point.
        const canonical = formatAmount(units, as(code));
        const added = canonical.slice(text.length);
        expect(canonical.startsWith(text)).toBe(true);
        expect(added.replace('.', '')).toMatch(/^0*$/);
      }),
      { seed: 20, numRuns: 2_000 },
    );
  });
});

describe('WA-1: an amount is formatted with all decimals of its currency', () => {
  it.each([
    [0n, 'USD', '0.00'],
    [1n, 'USD', '0.01'],
    [-1n, 'USD', '-0.01'],
    [100n, 'USD', '1.00'],
    [-12_345n, 'USD', '-123.45'],
    [7n, 'JPY', '7'],
    [-7n, 'JPY', '-7'],
    [0n, 'JPY', '0'],
    [1_234n, 'IRT', '1234'],
    [1n, 'BHD', '0.001'],
    [1_234n, 'BHD', '1.234'],
    [1n, 'BTC', '0.00000001'],
    [123_456_789_012n, 'BTC', '1234.56789012'],
  ])('%s minor units of %s are %s', (units, code, text) => {
    expect(formatAmount(units, as(code))).toBe(text);
  });

  it('a formatted amount is read back unchanged, in every currency', () => {
    const codes = fc.constantFrom(
      'USD',
      'IRR',
      'JPY',
      'KRW',
      'BHD',
      'KWD',
      'CLF',
      'UYW',
      'BTC',
      'IRT',
    );
    const amounts = fc.bigInt({ min: 1n, max: 10n ** 18n - 1n });
    fc.assert(
      fc.property(codes, amounts, (code, units) => {
        expect(parseAmount(formatAmount(units, as(code)), as(code))).toBe(units);
      }),
      { seed: 21, numRuns: 1_000 },
    );
  });
});

describe('WA-1: a currency is an ISO 4217 code, BTC or the toman', () => {
  it.each(['USD', 'usd', 'uSd', 'EUR', 'IRR', 'JPY', 'BHD', 'CLF', 'BTC', 'btc', 'IRT', 'irt'])(
    '%s',
    (code) => {
      expect(currencyCode.parse(code)).toBe(code.toUpperCase());
    },
  );

  it.each([
    '',
    'US',
    'USDT',
    ' USD',
    'ABC',
    'XBT',
    'DEM',
    'XAU',
    'XAG',
    'XPT',
    'XDR',
    'XXX',
    'XTS',
    'constructor',
    '__proto__',
  ])('%j is not a currency', (code) => {
    expect(currencyCode.safeParse(code).error?.issues[0]?.message).toBe('currency_unknown');
  });
});
