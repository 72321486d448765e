import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Currency, currencyCode, minor } from '../../lambdas/ledger/money.ts';
import {
  crossRate,
  formatRate,
  isJump,
  type Legs,
  legsOf,
  PAR,
  parseRate,
  type Rate,
  type Side,
} from '../../lambdas/ledger/rates.ts';

const rateOf = (text: string): Rate => {
  const rate = parseRate(text);
  if (typeof rate === 'string') throw new Error(rate);
  return rate;
};
const code = (text: string): Currency => currencyCode.parse(text);
const [USD, EUR, JPY, BTC, KWD] = ['USD', 'EUR', 'JPY', 'BTC', 'KWD'].map(code) as [
  Currency,
  Currency,
  Currency,
  Currency,
  Currency,
];
const WHOLE = 1_000_000n;

describe('WA-7: a rate is an exact decimal', () => {
  it.each([
    ['0.92', '0.92'],
    ['151.20', '151.2'],
    ['1', '1'],
    ['1.000', '1'],
    ['0.000015', '0.000015'],
    ['100000', '100000'],
  ])('%s is read and written as %s', (text, written) => {
    expect(formatRate(rateOf(text))).toBe(written);
  });

  it.each<[unknown, string]>([
    ['0', 'not_positive'],
    ['0.000', 'not_positive'],
    ['-1.2', 'not_positive'],
    ['-0', 'not_positive'],
    ['', 'malformed'],
    ['.5', 'malformed'],
    ['5.', 'malformed'],
    ['01', 'malformed'],
    ['+1', 'malformed'],
    ['1,2', 'malformed'],
    ['1e3', 'malformed'],
    ['NaN', 'malformed'],
    ['Infinity', 'malformed'],
    ['۱٫۲', 'malformed'],
    [' 1', 'malformed'],
    ['1'.repeat(19), 'malformed'],
    [`0.${'1'.repeat(31)}`, 'malformed'],
    // A JSON number may have been rounded on its way.
    [0.92, 'malformed'],
    [null, 'malformed'],
    [{}, 'malformed'],
  ])('%j is %s', (text, reason) => {
    expect(parseRate(text)).toBe(reason);
  });

  it.each([
    ['0.92', '151.2', '164.347826086956521'],
    ['151.2', '0.92', '0.006084656084656084656'],
    ['0.92', '0.92', '1'],
    ['3', '1', '0.333333333333333333'],
    ['0.000015', '1', '66666.6666666666666'],
  ])('from %s to %s against the same base is %s, rounded down', (from, to, cross) => {
    expect(formatRate(crossRate(rateOf(from), rateOf(to)))).toBe(cross);
  });

  it('from and to the base it is the rate itself, or its inverse', () => {
    expect(formatRate(crossRate(PAR, rateOf('0.92')))).toBe('0.92');
    expect(formatRate(crossRate(rateOf('0.8'), PAR))).toBe('1.25');
  });

  it.each([
    ['110', '100', false],
    ['110.01', '100', true],
    ['90', '100', false],
    ['89.99', '100', true],
    ['0.0000110', '0.00001', false],
    ['0.0000111', '0.00001', true],
    ['1', '1000000', true],
  ])('%s after %s is a jump: %j', (rate, last, jump) => {
    expect(isJump(rateOf(rate), rateOf(last))).toBe(jump);
  });
});

describe('WA-7: both legs of a conversion', () => {
  it.each<[string, Side, Currency, Currency, bigint, string, bigint, object | undefined]>([
    [
      'a sale',
      'sell',
      USD,
      EUR,
      100_00n,
      '0.92',
      5_000n,
      { give: 100_00n, receive: 91_54n, spread: 46n },
    ],
    [
      'a purchase',
      'buy',
      USD,
      EUR,
      91_54n,
      '0.92',
      5_000n,
      { give: 100_00n, receive: 91_54n, spread: 46n },
    ],
    [
      'a sale without spread',
      'sell',
      USD,
      EUR,
      100_00n,
      '0.92',
      0n,
      { give: 100_00n, receive: 92_00n, spread: 0n },
    ],
    [
      'a sale that does not come out even',
      'sell',
      USD,
      EUR,
      1n,
      '1.9',
      0n,
      { give: 1n, receive: 1n, spread: 0n },
    ],
    [
      'a purchase that does not come out even',
      'buy',
      USD,
      EUR,
      1n,
      '1.9',
      0n,
      { give: 1n, receive: 1n, spread: 0n },
    ],
    [
      'a purchase of a little of what is worth less',
      'buy',
      USD,
      JPY,
      1n,
      '151.2',
      0n,
      { give: 1n, receive: 1n, spread: 0n },
    ],
    [
      'two decimals to none',
      'sell',
      USD,
      JPY,
      1_00n,
      '151.2',
      5_000n,
      { give: 1_00n, receive: 150n, spread: 1n },
    ],
    ['none to two decimals', 'sell', JPY, USD, 1n, '0.0066', 0n, undefined],
    [
      'none to three decimals',
      'sell',
      JPY,
      KWD,
      1n,
      '0.002',
      0n,
      { give: 1n, receive: 2n, spread: 0n },
    ],
    ['eight decimals to two', 'sell', BTC, USD, 1n, '65000', 0n, undefined],
    [
      'two decimals to eight',
      'sell',
      USD,
      BTC,
      1n,
      '0.000015',
      0n,
      { give: 1n, receive: 15n, spread: 0n },
    ],
    [
      'a purchase of one satoshi for one cent',
      'buy',
      USD,
      BTC,
      1n,
      '0.000015',
      0n,
      { give: 1n, receive: 1n, spread: 14n },
    ],
    ['a spread that takes everything', 'sell', USD, EUR, 1n, '1', 1n, undefined],
    [
      'more than an amount can be, received',
      'sell',
      BTC,
      JPY,
      10n ** 17n,
      '10000000000',
      0n,
      undefined,
    ],
    [
      'more than an amount can be, given',
      'buy',
      JPY,
      BTC,
      10n ** 17n,
      '0.0000000001',
      0n,
      undefined,
    ],
  ])('%s', (_, side, from, to, amount, rate, spreadPpm, legs) => {
    expect(legsOf({ side, from, to, amount: minor(amount) }, rateOf(rate), spreadPpm)).toEqual(
      legs,
    );
  });
});

const currencies = fc.constantFrom(USD, EUR, JPY, BTC, KWD, code('IRT'));
const rates = fc
  .record({ units: fc.bigInt({ min: 1n, max: 10n ** 12n }), decimals: fc.nat(12) })
  .map(({ units, decimals }) => rateOf(formatRate({ units, decimals })));
const spreads = fc.bigInt({ min: 0n, max: 999_999n });
const amounts = fc
  .oneof(fc.bigInt({ min: 1n, max: 1_000n }), fc.bigInt({ min: 1n, max: 10n ** 15n }))
  .map(minor);
const pairs = fc.record({
  from: currencies,
  to: currencies,
  a: rates,
  b: rates,
  spreadPpm: spreads,
  amount: amounts,
});
const RUNS = { numRuns: 2_000 };

describe('WA-7: every rounding favours the platform', () => {
  it('converting and converting back never brings more than was given, with or without spread', () => {
    let converted = 0;
    fc.assert(
      fc.property(pairs, ({ from, to, a, b, spreadPpm, amount }) => {
        const there = legsOf({ from, to, side: 'sell', amount }, crossRate(a, b), spreadPpm);
        if (there === undefined) return;
        const [back, sold] = (['sell', 'buy'] as const).map((side) =>
          legsOf(
            { from: to, to: from, side, amount: side === 'sell' ? there.receive : amount },
            crossRate(b, a),
            spreadPpm,
          ),
        );
        converted += 1;
        if (back !== undefined) expect(back.receive <= amount).toBe(true);
        // To have again what was given costs at least what was received.
        if (sold !== undefined) expect(sold.give >= there.receive).toBe(true);
      }),
      RUNS,
    );
    expect(converted).toBeGreaterThan(500);
  });

  it('a purchase gives the least for which a sale brings the amount', () => {
    let bought = 0;
    fc.assert(
      fc.property(pairs, ({ from, to, a, b, spreadPpm, amount }) => {
        const rate = crossRate(a, b);
        const sell = (give: bigint): Legs | undefined =>
          legsOf({ from, to, side: 'sell', amount: minor(give) }, rate, spreadPpm);
        const purchase = legsOf({ from, to, side: 'buy', amount }, rate, spreadPpm);
        if (purchase === undefined) return;
        const sale = sell(purchase.give);
        if (sale === undefined) return;
        bought += 1;
        expect(sale.receive >= amount).toBe(true);
        expect((sell(purchase.give - 1n)?.receive ?? 0n) < amount).toBe(true);
      }),
      RUNS,
    );
    expect(bought).toBeGreaterThan(500);
  });

  it('a sale and the purchase of what it brings agree within one minor unit of the coarser currency', () => {
    fc.assert(
      fc.property(pairs, ({ from, to, a, b, spreadPpm, amount }) => {
        const rate = crossRate(a, b);
        const sale = legsOf({ from, to, side: 'sell', amount }, rate, spreadPpm);
        if (sale === undefined) return;
        const purchase = legsOf({ from, to, side: 'buy', amount: sale.receive }, rate, spreadPpm);
        expect(purchase !== undefined && purchase.give <= amount).toBe(true);
        if (purchase === undefined) return;
        const again = legsOf({ from, to, side: 'sell', amount: purchase.give }, rate, spreadPpm);
        expect(again?.receive).toBe(sale.receive);
      }),
      RUNS,
    );
  });

  it('what is paid out, spread included, is never worth more than what is given', () => {
    fc.assert(
      fc.property(
        pairs,
        fc.constantFrom<Side>('sell', 'buy'),
        ({ from, to, a, b, spreadPpm, amount }, side) => {
          const legs = legsOf({ from, to, side, amount }, crossRate(a, b), spreadPpm);
          if (legs === undefined) return;
          const exponent = (currency: Currency) =>
            10n **
            BigInt({ USD: 2, EUR: 2, JPY: 0, BTC: 8, KWD: 3, IRT: 0 }[currency as string] ?? 0);
          const { give, receive, spread } = legs;
          // Against the exact quotient b/a, not the one that was rounded.
          const exact = [
            give * b.units * 10n ** BigInt(a.decimals) * exponent(to),
            a.units * 10n ** BigInt(b.decimals) * exponent(from),
          ] as const;
          expect((receive + spread) * exact[1] <= exact[0]).toBe(true);
          expect(receive * exact[1] * WHOLE <= exact[0] * (WHOLE - spreadPpm)).toBe(true);
          expect([give > 0n, receive > 0n, spread >= 0n]).toEqual([true, true, true]);
        },
      ),
      RUNS,
    );
  });
});
