import { setTimeout as pause } from 'node:timers/promises';
import { type CommitResult, isPassing } from '../ledger/commit.ts';

/** Long enough for a busy second, short enough that a caller behind a 30-second gateway hears from us. */
const DEADLINE_MS = 2_500;
const MOST_ATTEMPTS = 40;
const BASE_MS = 10;
const CAP_MS = 160;

/** A try that settled nothing, and what stood in its way. */
export type Undecided = { readonly kind: 'undecided'; readonly by: string };
export const undecided = (by: string): Undecided => ({ kind: 'undecided', by });

/** A commit that has an outcome; anything else is tried again. */
export const settled = (result: CommitResult) =>
  result.kind === 'committed' || result.kind === 'refused' ? result : undecided(result.kind);

/** What says nothing about the request itself, such as a throttled read, decides nothing. */
const passing = (error: unknown): Undecided => {
  if (isPassing(error)) return undecided('read');
  throw error;
};

/**
 * Repeats until a try decides, with full jitter between, bounded by attempts and by a deadline.
 * @returns the last undecided try where nothing was decided in time.
 */
export async function untilDecided<Result extends { readonly kind: string }>(
  attempt: () => Promise<Result | Undecided>,
): Promise<Result | Undecided> {
  const started = performance.now();
  for (let tries = 1; ; tries += 1) {
    const result = await attempt().catch(passing);
    if (result.kind !== 'undecided' || tries === MOST_ATTEMPTS) return result;
    const wait = Math.random() * Math.min(CAP_MS, BASE_MS * 2 ** tries);
    if (performance.now() - started + wait > DEADLINE_MS) return result;
    await pause(wait);
  }
}
