import { describe, expect, it } from '@jest/globals';
import { calendarLabels } from '../../lambdas/ledger/calendar.ts';
import {
  MERCHANT_MOVES,
  mayNotSpend,
  type Spent,
  spentAfter,
} from '../../lambdas/ledger/merchant.ts';
import { currencyCode, minor } from '../../lambdas/ledger/money.ts';
import { aMerchant, USD } from '../harness/in-memory-ledger.ts';

describe('ID-2: only an active merchant starts anything that moves money', () => {
  it.each([
    [undefined, 'not_a_merchant'],
    ['PENDING', 'merchant_not_approved'],
    ['REJECTED', 'merchant_not_approved'],
    ['SUSPENDED', 'merchant_suspended'],
    ['ARCHIVED', 'merchant_archived'],
    ['ACTIVE', undefined],
  ] as const)('a merchant that is %s: %s', (status, reason) => {
    expect(mayNotSpend(status && aMerchant({ status }))).toBe(reason);
  });
});

describe('ID-2: an admin moves a merchant between these statuses only', () => {
  it.each([
    ['reject', 'PENDING', 'REJECTED', 'merchant_not_pending'],
    ['suspend', 'ACTIVE', 'SUSPENDED', 'merchant_not_active'],
    ['reactivate', 'SUSPENDED', 'ACTIVE', 'merchant_not_suspended'],
  ] as const)('%s takes it from %s to %s', (move, from, to, otherwise) => {
    expect(MERCHANT_MOVES[move]).toEqual({ from, to, otherwise });
  });

  it('no move leaves REJECTED or ARCHIVED', () => {
    const from = Object.values(MERCHANT_MOVES).map((move) => move.from);
    expect(from.toSorted()).toEqual(['ACTIVE', 'PENDING', 'SUSPENDED']);
  });
});

const spent = (day: string, dayAmount: bigint, month: string, monthAmount: bigint): Spent => ({
  day,
  dayAmount: minor(dayAmount),
  month,
  monthAmount: minor(monthAmount),
});

describe('CR-5: what a merchant has spent is counted by its local day and month', () => {
  it.each([
    ['the first time', undefined, spent('2026-11-20', 5n, '2026-11', 5n)],
    [
      'again on the same day',
      spent('2026-11-20', 10n, '2026-11', 70n),
      spent('2026-11-20', 15n, '2026-11', 75n),
    ],
    [
      'on the next day of the month',
      spent('2026-11-19', 10n, '2026-11', 70n),
      spent('2026-11-20', 5n, '2026-11', 75n),
    ],
    [
      'in the next month',
      spent('2026-10-31', 10n, '2026-10', 70n),
      spent('2026-11-20', 5n, '2026-11', 5n),
    ],
    [
      'in the same month of the next year',
      spent('2025-11-20', 10n, '2025-11', 70n),
      spent('2026-11-20', 5n, '2026-11', 5n),
    ],
  ])('%s', (_, before, after) => {
    const merchant = aMerchant({ spent: before === undefined ? {} : { USD: before } });
    const labels = { day: '2026-11-20', month: '2026-11' };
    expect(spentAfter(merchant, USD, minor(5n), labels)).toEqual(after);
  });

  it('each currency by itself', () => {
    const merchant = aMerchant({ spent: { USD: spent('2026-11-20', 10n, '2026-11', 70n) } });
    const labels = { day: '2026-11-20', month: '2026-11' };
    expect(spentAfter(merchant, currencyCode.parse('EUR'), minor(5n), labels)).toEqual(
      spent('2026-11-20', 5n, '2026-11', 5n),
    );
  });
});

describe('CR-5: the local day is the one on the merchant’s own wall', () => {
  it.each([
    // instant (UTC)            zone                 day
    ['2026-11-20T20:29:59.999Z', 'Asia/Tehran', '2026-11-20'],
    ['2026-11-20T20:30:00.000Z', 'Asia/Tehran', '2026-11-21'],
    ['2026-12-31T20:30:00.000Z', 'Asia/Tehran', '2027-01-01'],
    ['2026-11-20T23:59:59.999Z', 'UTC', '2026-11-20'],
    ['2026-11-21T00:00:00.000Z', 'UTC', '2026-11-21'],
    ['2026-11-20T11:00:00.000Z', 'Pacific/Kiritimati', '2026-11-21'],
    ['2026-11-20T11:30:00.000Z', 'Pacific/Pago_Pago', '2026-11-20'],
    ['2026-11-20T10:59:59.999Z', 'Pacific/Pago_Pago', '2026-11-19'],
    // New York, 2026: clocks go forward on 8 March (a day of 23 hours), back on 1 November (25 hours).
    ['2026-03-08T04:59:59.999Z', 'America/New_York', '2026-03-07'],
    ['2026-03-08T05:00:00.000Z', 'America/New_York', '2026-03-08'],
    ['2026-03-09T03:59:59.999Z', 'America/New_York', '2026-03-08'],
    ['2026-03-09T04:00:00.000Z', 'America/New_York', '2026-03-09'],
    ['2026-11-01T03:59:59.999Z', 'America/New_York', '2026-10-31'],
    ['2026-11-01T04:00:00.000Z', 'America/New_York', '2026-11-01'],
    ['2026-11-02T04:59:59.999Z', 'America/New_York', '2026-11-01'],
    ['2026-11-02T05:00:00.000Z', 'America/New_York', '2026-11-02'],
    // Cairo springs forward at midnight: 24 April 2026 begins at 01:00.
    ['2026-04-23T21:59:59.999Z', 'Africa/Cairo', '2026-04-23'],
    ['2026-04-23T22:00:00.000Z', 'Africa/Cairo', '2026-04-24'],
  ])('%s in %s is %s', (instant, timeZone, day) => {
    expect(calendarLabels(new Date(instant), timeZone)).toEqual({ day, month: day.slice(0, 7) });
  });

  it('no hour of a year in any of these zones is without its day, and days never go back', () => {
    for (const timeZone of ['America/New_York', 'Asia/Tehran', 'Australia/Lord_Howe']) {
      let last = '';
      const days = new Set<string>();
      for (let hour = 0; hour < 366 * 24; hour += 1) {
        const { day } = calendarLabels(new Date(Date.UTC(2026, 0, 1, hour)), timeZone);
        expect(day >= last).toBe(true);
        last = day;
        days.add(day);
      }
      expect(days.size).toBe(367);
    }
  });
});
