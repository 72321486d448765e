import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  calendarLabels,
  changedTimeZone,
  endOf,
  ianaTimeZone,
  labelsAt,
  pendingZone,
  type TimeZones,
  zoneAt,
} from '../../lambdas/ledger/calendar.ts';

const HOUR = 3_600_000;
const plus = (at: Date, ms: number) => new Date(at.getTime() + ms);
const inZone = (timeZone: string): TimeZones => ({ timeZone });

describe('CR-5: a limit is whole again when the merchant’s day or month is over', () => {
  it.each([
    // now                 zone                 end of the day       end of the month
    ['2026-11-20T12:00Z', 'Asia/Tehran', '2026-11-20T20:30Z', '2026-11-30T20:30Z'],
    ['2026-11-20T20:29:59.999Z', 'Asia/Tehran', '2026-11-20T20:30Z', '2026-11-30T20:30Z'],
    ['2026-11-20T20:30Z', 'Asia/Tehran', '2026-11-21T20:30Z', '2026-11-30T20:30Z'],
    ['2026-12-31T20:30Z', 'Asia/Tehran', '2027-01-01T20:30Z', '2027-01-31T20:30Z'],
    // Tehran changed its clocks at midnight until 2022: this day of 25 hours ends at its second 24:00.
    ['2021-09-21T12:00Z', 'Asia/Tehran', '2021-09-21T20:30Z', '2021-09-30T20:30Z'],
    ['2021-03-21T12:00Z', 'Asia/Tehran', '2021-03-21T20:30Z', '2021-03-31T19:30Z'],
    // New York: 23 hours on 8 March, 25 hours on 1 November.
    ['2026-03-08T05:00Z', 'America/New_York', '2026-03-09T04:00Z', '2026-04-01T04:00Z'],
    ['2026-03-08T06:59:59.999Z', 'America/New_York', '2026-03-09T04:00Z', '2026-04-01T04:00Z'],
    ['2026-03-07T12:00Z', 'America/New_York', '2026-03-08T05:00Z', '2026-04-01T04:00Z'],
    ['2026-11-01T04:00Z', 'America/New_York', '2026-11-02T05:00Z', '2026-12-01T05:00Z'],
    ['2026-11-01T06:30Z', 'America/New_York', '2026-11-02T05:00Z', '2026-12-01T05:00Z'],
    ['2026-10-31T12:00Z', 'America/New_York', '2026-11-01T04:00Z', '2026-11-01T04:00Z'],
    // Apia crossed the date line: 29 December 2011 is followed by the 31st.
    ['2011-12-29T12:00Z', 'Pacific/Apia', '2011-12-30T10:00Z', '2011-12-31T10:00Z'],
    ['2011-12-30T09:59:59.999Z', 'Pacific/Apia', '2011-12-30T10:00Z', '2011-12-31T10:00Z'],
    ['2011-12-30T10:00Z', 'Pacific/Apia', '2011-12-31T10:00Z', '2011-12-31T10:00Z'],
    ['2026-11-20T12:00Z', 'Pacific/Apia', '2026-11-21T11:00Z', '2026-11-30T11:00Z'],
    // Kiritimati left out the last day of 1994, and with it the end of its year.
    ['1994-12-31T00:00Z', 'Pacific/Kiritimati', '1994-12-31T10:00Z', '1994-12-31T10:00Z'],
    // In Cairo, 24 April 2026 begins at 01:00.
    ['2026-04-23T12:00Z', 'Africa/Cairo', '2026-04-23T22:00Z', '2026-04-30T21:00Z'],
    // Half an hour of summer time.
    ['2026-04-04T14:00Z', 'Australia/Lord_Howe', '2026-04-05T13:30Z', '2026-04-30T13:30Z'],
    // A day of February that only leap years have.
    ['2028-02-28T12:00Z', 'UTC', '2028-02-29T00:00Z', '2028-03-01T00:00Z'],
  ])('at %s in %s: %s and %s', (instant, zone, day, month) => {
    const now = new Date(instant);
    const labels = calendarLabels(now, zone);
    expect(endOf(labels.day, inZone(zone), now)).toEqual(new Date(day));
    expect(endOf(labels.month, inZone(zone), now)).toEqual(new Date(month));
  });

  it('of a later day than the clock’s, at the end of that day', () => {
    const now = new Date('2026-11-20T12:00Z');
    expect(endOf('2026-11-22', inZone('Asia/Tehran'), now)).toEqual(new Date('2026-11-22T20:30Z'));
  });

  it('in every zone: the label before the end is the present one, the label at the end is later', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.date({ min: new Date('2012-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
        (zone, now) => {
          const labels = calendarLabels(now, zone);
          for (const name of ['day', 'month'] as const) {
            const end = endOf(labels[name], inZone(zone), now);
            expect(end.getTime()).toBeGreaterThan(now.getTime());
            expect(calendarLabels(plus(end, -1), zone)[name]).toBe(labels[name]);
            expect(calendarLabels(end, zone)[name] > labels[name]).toBe(true);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('CR-5: a time zone changes when a new day has begun in both zones', () => {
  it.each([
    // now               present            next                 from
    ['2026-11-20T12:00Z', 'Asia/Tehran', 'America/New_York', '2026-11-21T05:00Z'],
    ['2026-11-20T12:00Z', 'America/New_York', 'Asia/Tehran', '2026-11-21T05:00Z'],
    ['2026-11-20T04:00Z', 'America/New_York', 'Asia/Tehran', '2026-11-20T20:30Z'],
    ['2026-11-20T12:00Z', 'Asia/Tehran', 'Asia/Tokyo', '2026-11-20T20:30Z'],
    // Across the date line, both ways: it is the 21st in Apia and the 20th in Pago Pago.
    ['2026-11-20T12:00Z', 'Pacific/Apia', 'Pacific/Pago_Pago', '2026-11-21T11:00Z'],
    ['2026-11-20T12:00Z', 'Pacific/Pago_Pago', 'Pacific/Apia', '2026-11-21T11:00Z'],
    // On the days on which clocks change.
    ['2026-03-08T12:00Z', 'UTC', 'America/New_York', '2026-03-09T04:00Z'],
    ['2026-11-01T12:00Z', 'UTC', 'America/New_York', '2026-11-02T05:00Z'],
  ])('at %s from %s to %s: at %s', (instant, timeZone, zone, from) => {
    const changed = changedTimeZone({ timeZone }, zone, new Date(instant));
    expect(changed).toEqual({
      timeZone,
      nextTimeZone: { zone, from: new Date(from).toISOString() },
    });
    const begins = new Date(from);
    expect([zoneAt(changed, plus(begins, -1)), zoneAt(changed, begins)]).toEqual([timeZone, zone]);
    expect(pendingZone(changed, plus(begins, -1))).toEqual(changed.nextTimeZone);
    expect(pendingZone(changed, begins)).toBeUndefined();
  });

  const NOON = new Date('2026-11-20T12:00Z');
  const toTokyo = changedTimeZone(inZone('Asia/Tehran'), 'Asia/Tokyo', NOON);
  const begun = new Date('2026-11-20T20:30Z');

  it('asking for it again does not postpone it, before and after it has begun', () => {
    expect(changedTimeZone(toTokyo, 'Asia/Tokyo', plus(NOON, HOUR))).toEqual(toTokyo);
    expect(changedTimeZone(toTokyo, 'Asia/Tokyo', plus(begun, HOUR))).toEqual(toTokyo);
    expect(changedTimeZone(inZone('UTC'), 'UTC', NOON)).toEqual(inZone('UTC'));
  });

  it('asking for the present zone withdraws a change that has not begun', () => {
    expect(changedTimeZone(toTokyo, 'Asia/Tehran', plus(NOON, HOUR))).toEqual({
      timeZone: 'Asia/Tehran',
    });
    // Once it has begun, this is a change back.
    expect(changedTimeZone(toTokyo, 'Asia/Tehran', begun)).toEqual({
      timeZone: 'Asia/Tokyo',
      nextTimeZone: { zone: 'Asia/Tehran', from: '2026-11-21T20:30:00.000Z' },
    });
  });

  it('another change before it has begun replaces it, and the present zone counts on', () => {
    const toUtc = changedTimeZone(toTokyo, 'UTC', plus(NOON, HOUR));
    expect(toUtc).toEqual({
      timeZone: 'Asia/Tehran',
      nextTimeZone: { zone: 'UTC', from: '2026-11-21T00:00:00.000Z' },
    });
    expect(zoneAt(toUtc, begun)).toBe('Asia/Tehran');
  });

  it.each([
    ['later, in the west', 'America/New_York', '2026-11-20T20:30Z', '2026-12-01T05:00Z'],
    ['earlier, in the east', 'Asia/Tokyo', '2026-11-20T20:30Z', '2026-11-30T15:00Z'],
  ])('what is left is whole again %s', (_, zone, day, month) => {
    const changed = changedTimeZone(inZone('Asia/Tehran'), zone, NOON);
    expect(endOf('2026-11-20', changed, NOON)).toEqual(new Date(day));
    expect(endOf('2026-11', changed, NOON)).toEqual(new Date(month));
  });

  it('a day that both zones call the same ends in the new one', () => {
    // The 21st in Apia, and from its end on the 21st in Pago Pago.
    const changed = changedTimeZone(inZone('Pacific/Apia'), 'Pacific/Pago_Pago', NOON);
    expect(labelsAt(changed, NOON).day).toBe('2026-11-21');
    expect(labelsAt(changed, new Date('2026-11-22T10:59:59.999Z')).day).toBe('2026-11-21');
    expect(endOf('2026-11-21', changed, NOON)).toEqual(new Date('2026-11-22T11:00Z'));
    expect(labelsAt(changed, new Date('2026-11-22T11:00Z')).day).toBe('2026-11-22');
  });

  it('a label never goes back where the zones are more than a day apart', () => {
    // 26 hours: the 22nd in Kiritimati is still the 20th at the other end of the world.
    const now = new Date('2026-11-21T10:30Z');
    const changed = changedTimeZone(inZone('Pacific/Kiritimati'), 'Etc/GMT+12', now);
    expect([labelsAt(changed, now).day, calendarLabels(now, 'Etc/GMT+12').day]).toEqual([
      '2026-11-22',
      '2026-11-20',
    ]);
    const from = new Date(changed.nextTimeZone?.from ?? '');
    expect(calendarLabels(from, 'Etc/GMT+12').day).toBe('2026-11-21');
    expect(labelsAt(changed, from).day).toBe('2026-11-22');
    expect(endOf('2026-11-22', changed, now)).toEqual(new Date('2026-11-23T12:00Z'));
  });

  it('whatever the zones and the time, labels rise and ends are where they rise', () => {
    const zone = fc.constantFrom(
      'Asia/Tehran',
      'America/New_York',
      'Pacific/Apia',
      'Pacific/Pago_Pago',
      'Pacific/Kiritimati',
      'Etc/GMT+12',
      'Africa/Cairo',
      'Europe/London',
    );
    const date = fc.date({
      min: new Date('2023-01-01'),
      max: new Date('2030-01-01'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(zone, zone, date, (present, next, now) => {
        const changed = changedTimeZone(inZone(present), next, now);
        const from = new Date(changed.nextTimeZone?.from ?? now);
        if (present !== next) {
          for (const each of [present, next])
            expect(calendarLabels(from, each).day > calendarLabels(now, each).day).toBe(true);
        }
        let at = now;
        let { day, month } = labelsAt(changed, at);
        const endsOn = endOf(day, changed, now).getTime();
        const monthEndsOn = endOf(month, changed, now).getTime();
        expect(labelsAt(changed, new Date(endsOn - 1)).day).toBe(day);
        expect(labelsAt(changed, new Date(endsOn)).day > day).toBe(true);
        expect(labelsAt(changed, new Date(monthEndsOn - 1)).month).toBe(month);
        expect(labelsAt(changed, new Date(monthEndsOn)).month > month).toBe(true);
        for (let hours = 0; hours < 96; hours += 1) {
          at = plus(at, HOUR);
          const labels = labelsAt(changed, at);
          expect(labels.day >= day && labels.month >= month).toBe(true);
          ({ day, month } = labels);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('CR-5: a time zone is one that IANA lists', () => {
  it.each([
    ['Asia/Tehran', 'Asia/Tehran'],
    ['asia/tehran', 'Asia/Tehran'],
    ['UTC', 'UTC'],
    // Links, which Intl resolves to Asia/Calcutta and America/Buenos_Aires.
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
  ])('%s is stored as %s', (text, zone) => {
    expect(ianaTimeZone(text)).toBe(zone);
  });

  it.each([
    '',
    ' ',
    'Mars/Olympus',
    '+03:30',
    '-05',
    'Asia/Tehran ',
    'Asia',
    '__proto__',
    'A'.repeat(65),
    'تهران',
  ])('%p is not', (text) => {
    expect(ianaTimeZone(text)).toBeUndefined();
  });
});
