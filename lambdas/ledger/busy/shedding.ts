import type { BusyMarker } from './marker.ts';

/** Between these ages of the oldest message, in milliseconds, a growing share of the requests is sent away. */
const FROM_MS = 80;
const MOST_AT_MS = 350;
/** Some are always let in, so that the age is known. */
const MOST = 0.95;

/** A marker of a queue that is served is younger than this, in milliseconds. The age in an older one is out of date. */
const FRESH_MS = 150;

/**
 * What share of the requests on a busy merchant is sent away at once. Whoever waits occupies a process, and one
 * merchant may not take them all (design, section 5).
 */
export function shedNow({ ageMs, markedAt }: Omit<BusyMarker, 'until'>, now: Date): number {
  const idleMs = Math.max(0, now.getTime() - Date.parse(markedAt) - FRESH_MS);
  const share = (MOST * (ageMs - idleMs - FROM_MS)) / (MOST_AT_MS - FROM_MS);
  return Math.max(0, Math.min(MOST, share));
}

/** Whether requests are sent away at that age: others come, also where a group has only one. */
export const isShedding = (ageMs: number): boolean => ageMs > FROM_MS;
