/** The merchant's local calendar day and month: limits are counted on these labels (CR-5). */
export type CalendarLabels = { readonly day: string; readonly month: string };

export function calendarLabels(at: Date, timeZone: string): CalendarLabels {
  // en-CA writes ISO dates; a label, unlike a window of 24 hours, is right across a change of clocks.
  const day = new Intl.DateTimeFormat('en-CA', { timeZone }).format(at);
  return { day, month: day.slice(0, 7) };
}
