import { describe, expect, it } from '@jest/globals';
import { countSpending } from '../../lambdas/ledger/counters.ts';
import { spend } from '../../lambdas/ledger/limits.ts';
import type { Merchant } from '../../lambdas/ledger/merchant.ts';
import { currencyCode, minor } from '../../lambdas/ledger/money.ts';
import { aMerchant, USD } from '../harness/in-memory-ledger.ts';

const NOON = new Date('2026-11-20T12:00:00.000Z');
const LABELS = { day: '2026-11-20', month: '2026-11' };
/** The next midnight in Tehran, and the first of the next month. */
const MIDNIGHT = '2026-11-20T20:30:00.000Z';
const FIRST = '2026-11-30T20:30:00.000Z';

type Amounts = readonly [daily: bigint | undefined, monthly: bigint | undefined];
const limited = ([daily, monthly]: Amounts): Merchant['limits'] => ({
  USD: {
    ...(daily !== undefined && { daily: minor(daily) }),
    ...(monthly !== undefined && { monthly: minor(monthly) }),
  },
});
const spender = (limits: Amounts | undefined, [day, month]: readonly [bigint, bigint]) =>
  aMerchant({
    limits: limits === undefined ? {} : limited(limits),
    spent: {
      USD: { ...LABELS, dayAmount: minor(day), monthAmount: minor(month) },
    },
  });
const outcomeOf = (merchant: Merchant, amount: bigint, now = NOON) => {
  const outcome = spend(merchant, USD, minor(amount), now);
  if (outcome.kind === 'counted') return outcome.kind;
  return [outcome.reason, outcome.values?.['left'], outcome.values?.['resets_at']];
};

describe('CR-5: whether a merchant may spend an amount', () => {
  it.each([
    // daily, monthly limit   used today, this month   amount   outcome
    ['without limits', undefined, [900n, 900n], 1_000n, 'counted'],
    ['up to the daily limit', [100n, undefined], [70n, 900n], 30n, 'counted'],
    [
      'above the daily limit',
      [100n, undefined],
      [70n, 900n],
      31n,
      ['daily_limit_exceeded', '0.30', MIDNIGHT],
    ],
    ['up to the monthly limit', [undefined, 1_000n], [900n, 900n], 100n, 'counted'],
    [
      'above the monthly limit',
      [undefined, 1_000n],
      [900n, 900n],
      101n,
      ['monthly_limit_exceeded', '1.00', FIRST],
    ],
    [
      'above both, with less left of the day',
      [100n, 1_000n],
      [100n, 900n],
      101n,
      ['daily_limit_exceeded', '0.00', MIDNIGHT],
    ],
    [
      'above both, with less left of the month',
      [100n, 1_000n],
      [70n, 980n],
      31n,
      ['monthly_limit_exceeded', '0.20', FIRST],
    ],
    [
      'above both, with as much left of each',
      [100n, 1_000n],
      [70n, 970n],
      31n,
      ['monthly_limit_exceeded', '0.30', FIRST],
    ],
    [
      'with a limit that was lowered below what is used',
      [50n, undefined],
      [70n, 70n],
      1n,
      ['daily_limit_exceeded', '0.00', MIDNIGHT],
    ],
    [
      'with a limit of zero',
      [0n, undefined],
      [0n, 0n],
      1n,
      ['daily_limit_exceeded', '0.00', MIDNIGHT],
    ],
  ] as const)('%s', (_, limits, used, amount, expected) => {
    expect(outcomeOf(spender(limits, used), amount)).toEqual(expected);
  });

  it('a refusal states the currency, and amounts in its decimals', () => {
    const JPY = currencyCode.parse('JPY');
    const merchant = aMerchant({ limits: { JPY: { daily: minor(50n) } } });
    expect(spend(merchant, JPY, minor(51n), NOON)).toEqual({
      kind: 'refused',
      reason: 'daily_limit_exceeded',
      values: { left: '50', currency: 'JPY', resets_at: MIDNIGHT },
    });
  });

  it('a limit of one currency says nothing about another', () => {
    const merchant = spender([0n, 0n], [0n, 0n]);
    expect(spend(merchant, currencyCode.parse('EUR'), minor(1n), NOON).kind).toBe('counted');
  });

  it.each([
    ['day', [100n, undefined], 'daily_limit_exceeded', '2026-11-20T20:30:00.000Z'],
    ['month', [undefined, 100n], 'monthly_limit_exceeded', '2026-11-30T20:30:00.000Z'],
  ] as const)('the next %s begins with the whole limit', (_, limits, code, first) => {
    const merchant = spender(limits, [100n, 100n]);
    const last = new Date(Date.parse(first) - 1);
    expect(outcomeOf(merchant, 1n, last)).toEqual([code, '0.00', first]);
    expect(outcomeOf(merchant, 100n, new Date(first))).toBe('counted');
    expect(outcomeOf(merchant, 101n, new Date(first))).toEqual([code, '1.00', expect.any(String)]);
  });

  it('counters of a later day than the clock’s go on, until that day is over', () => {
    const merchant = aMerchant({
      limits: limited([100n, undefined]),
      spent: {
        USD: {
          day: '2026-11-21',
          month: '2026-11',
          dayAmount: minor(90n),
          monthAmount: minor(90n),
        },
      },
    });
    expect(outcomeOf(merchant, 11n)).toEqual([
      'daily_limit_exceeded',
      '0.10',
      '2026-11-21T20:30:00.000Z',
    ]);
  });
});

describe('CR-5: the commit asserts what the limits still allow', () => {
  const conditionsOf = (merchant: Merchant, now = NOON) => {
    const outcome = spend(merchant, USD, minor(5n), now);
    if (outcome.kind === 'refused') throw new Error(outcome.reason);
    const [change] = outcome.changes;
    const bounds = change?.conditions.filter(({ must }) => must === 'be at most');
    return bounds?.map((bound) => ('value' in bound ? [bound.path, bound.value] : bound));
  };

  it('running counters may hold the limit less the amount', () => {
    expect(conditionsOf(spender([100n, 1_000n], [70n, 900n]))).toEqual([
      ['spent.USD.dayAmount', 95n],
      ['spent.USD.monthAmount', 995n],
    ]);
    expect(conditionsOf(spender([100n, undefined], [70n, 900n]))).toEqual([
      ['spent.USD.dayAmount', 95n],
    ]);
    expect(conditionsOf(spender(undefined, [70n, 900n]))).toEqual([]);
  });

  it('a counter that starts anew needs no bound: its labels are as read', () => {
    const tomorrow = new Date('2026-11-21T12:00:00.000Z');
    expect(conditionsOf(spender([100n, 1_000n], [70n, 900n]), tomorrow)).toEqual([
      ['spent.USD.monthAmount', 995n],
    ]);
    const nextMonth = new Date('2026-12-01T12:00:00.000Z');
    expect(conditionsOf(spender([100n, 1_000n], [70n, 900n]), nextMonth)).toEqual([]);
    expect(conditionsOf(aMerchant({ limits: limited([100n, 1_000n]) }))).toEqual([]);
  });

  it('counts on the labels that the transaction stores', () => {
    const merchant = spender([100n, 1_000n], [70n, 900n]);
    expect(spend(merchant, USD, minor(5n), NOON)).toEqual({
      kind: 'counted',
      labels: LABELS,
      changes: [countSpending(merchant, USD, minor(5n), LABELS)],
    });
  });
});
