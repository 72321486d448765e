import { describe, expect, it } from '@jest/globals';
import { calendarLabels, later, yearsLater } from '../../lambdas/ledger/calendar.ts';

describe('CR-5: limits use the merchant’s local calendar day', () => {
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
    // In Cairo, clocks go forward at midnight: 24 April 2026 begins at 01:00.
    ['2026-04-23T21:59:59.999Z', 'Africa/Cairo', '2026-04-23'],
    ['2026-04-23T22:00:00.000Z', 'Africa/Cairo', '2026-04-24'],
  ])('%s in %s is %s', (instant, timeZone, day) => {
    expect(calendarLabels(new Date(instant), timeZone)).toEqual({ day, month: day.slice(0, 7) });
  });

  it('every hour of a year has a day, and days never go back', () => {
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

describe('instants relative to another', () => {
  it('years later is the same instant of a later calendar year', () => {
    const noon = new Date('2026-11-20T12:00:00.000Z');
    expect(yearsLater(noon, 5).toISOString()).toBe('2031-11-20T12:00:00.000Z');
    // 2029 has no 29 February.
    const leapDay = new Date('2028-02-29T12:00:00.000Z');
    expect(yearsLater(leapDay, 1).toISOString()).toBe('2029-03-01T12:00:00.000Z');
    expect(noon.toISOString()).toBe('2026-11-20T12:00:00.000Z');
  });

  it('later adds milliseconds', () => {
    expect(later(new Date('2026-11-20T12:00:00.000Z'), 900_000)).toBe('2026-11-20T12:15:00.000Z');
  });
});
