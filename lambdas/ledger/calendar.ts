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

/** The same instant a number of calendar years later. */
export function yearsLater(at: Date, years: number): Date {
  const then = new Date(at);
  then.setUTCFullYear(then.getUTCFullYear() + years);
  return then;
}

/** An instant a number of milliseconds after another, as rows store it. */
export const later = (at: Date, ms: number): string => new Date(at.getTime() + ms).toISOString();
