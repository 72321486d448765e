/** The merchant's local calendar day and month: limits are counted on these labels (CR-5). */
export type CalendarLabels = { readonly day: string; readonly month: string };

/** Making a formatter costs more than a whole decision. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  // en-CA writes ISO dates; a label, unlike a window of 24 hours, is right across a change of clocks.
  const made = new Intl.DateTimeFormat('en-CA', { timeZone });
  formatters.set(timeZone, made);
  return made;
}

export function calendarLabels(at: Date, timeZone: string): CalendarLabels {
  const day = formatterOf(timeZone).format(at);
  return { day, month: day.slice(0, 7) };
}

/** The same instant so many calendar years on. */
export function yearsLater(at: Date, years: number): Date {
  const then = new Date(at);
  then.setUTCFullYear(then.getUTCFullYear() + years);
  return then;
}

/** An instant so many milliseconds after another, as rows keep it. */
export const later = (at: Date, ms: number): string => new Date(at.getTime() + ms).toISOString();
