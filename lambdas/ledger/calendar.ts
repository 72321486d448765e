/** The merchant's local calendar day and month: limits are counted on these labels (CR-5). */
export type CalendarLabels = { readonly day: string; readonly month: string };

/** Creating a formatter costs more than a whole decision. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  // en-CA writes ISO dates. A label stays right across a change of clocks, unlike a window of 24 hours.
  const created = new Intl.DateTimeFormat('en-CA', { timeZone });
  formatters.set(timeZone, created);
  return created;
}

export function calendarLabels(at: Date, timeZone: string): CalendarLabels {
  const day = formatterOf(timeZone).format(at);
  return { day, month: day.slice(0, 7) };
}

/** A time zone, and the one that replaces it from an instant on. */
export type TimeZones = {
  readonly timeZone: string;
  readonly nextTimeZone?: { readonly zone: string; readonly from: string } | undefined;
};

const hasBegun = ({ nextTimeZone }: TimeZones, at: Date): boolean =>
  nextTimeZone !== undefined && nextTimeZone.from <= at.toISOString();

/** The zone that counts at an instant. */
export const zoneAt = (zones: TimeZones, at: Date): string =>
  hasBegun(zones, at) ? (zones.nextTimeZone?.zone ?? zones.timeZone) : zones.timeZone;

/** The change that has not begun yet. */
export const pendingZone = (zones: TimeZones, at: Date): TimeZones['nextTimeZone'] =>
  hasBegun(zones, at) ? undefined : zones.nextTimeZone;

/** A label never goes back. */
export const latest = (label: string, before: string | undefined): string =>
  before !== undefined && before > label ? before : label;

/**
 * The day and month of an instant. Zones can be more than 24 hours apart: after a change between two of them,
 * the last day of the zone before goes on until the new one has reached it.
 */
export function labelsAt(zones: TimeZones, at: Date): CalendarLabels {
  const labels = calendarLabels(at, zoneAt(zones, at));
  const { timeZone, nextTimeZone } = zones;
  if (nextTimeZone === undefined || !hasBegun(zones, at)) return labels;
  const before = calendarLabels(new Date(Date.parse(nextTimeZone.from) - 1), timeZone);
  return { day: latest(labels.day, before.day), month: latest(labels.month, before.month) };
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * The first instant, not before another, whose day or month is after a label. It is found by halving a span of
 * time: a day can have 23 or 25 hours, begin at 01:00, or be left out as a whole.
 */
function firstAfter(label: string, timeZone: string, notBefore: Date): Date {
  const isAfter = (at: number): boolean =>
    calendarLabels(new Date(at), timeZone).day.slice(0, label.length) > label;
  const [year = 0, month = 0, day] = label.split('-').map(Number);
  const nextInUtc = day === undefined ? Date.UTC(year, month) : Date.UTC(year, month - 1, day + 1);
  let before = notBefore.getTime();
  if (isAfter(before)) return notBefore;
  // No zone is more than 14 hours from UTC, and none has left out more than one day.
  let after = nextInUtc + 3 * DAY_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isAfter(middle)) after = middle;
    else before = middle;
  }
  return new Date(after);
}

/** When a day or month that counts at `now` is over: the first instant with a later label. */
export function endOf(label: string, zones: TimeZones, now: Date): Date {
  const next = pendingZone(zones, now);
  const end = firstAfter(label, zoneAt(zones, now), now);
  if (next === undefined || end.toISOString() < next.from) return end;
  return firstAfter(label, next.zone, new Date(next.from));
}

/**
 * Another zone counts from the instant on at which a new day has begun in both. Asking for it again does not
 * postpone it, and asking for the present one withdraws a change that has not begun.
 */
export function changedTimeZone(zones: TimeZones, zone: string, now: Date): TimeZones {
  const { timeZone, nextTimeZone } = zones;
  if (zone === (nextTimeZone?.zone ?? timeZone)) return { timeZone, nextTimeZone };
  const present = zoneAt(zones, now);
  if (zone === present) return { timeZone: present };
  const begins = [present, zone].map((each) =>
    firstAfter(calendarLabels(now, each).day, each, now).toISOString(),
  );
  return {
    timeZone: present,
    nextTimeZone: { zone, from: begins.reduce((from, each) => latest(each, from)) },
  };
}

/** A client's time zone, which may be in any case; undefined where IANA lists none such. */
export function ianaTimeZone(text: string): string | undefined {
  // Offsets such as +03:30 have no rules for the change of clocks.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text)) return undefined;
  try {
    const known = new Intl.DateTimeFormat('en-CA', { timeZone: text }).resolvedOptions().timeZone;
    // Intl resolves a link to an older name: Asia/Kolkata stays what the client knows.
    return known.toLowerCase() === text.toLowerCase() ? known : text;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The same instant a number of calendar years later. */
export function yearsLater(at: Date, years: number): Date {
  const then = new Date(at);
  then.setUTCFullYear(then.getUTCFullYear() + years);
  return then;
}

/** An instant a number of milliseconds after another, as rows store it. */
export const later = (at: Date, ms: number): string => new Date(at.getTime() + ms).toISOString();
