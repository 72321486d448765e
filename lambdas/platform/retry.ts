import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';

/** Time and chance for whatever is repeated. A model runs the same code on a clock of its own. */
export type Pacing = {
  /** Milliseconds. Never goes back. */
  readonly clock: () => number;
  readonly pause: (ms: number) => Promise<void>;
  /** From 0 up to 1, without 1. */
  readonly random: () => number;
  /** How long one request is repeated, in milliseconds. The last call may end later. */
  readonly deadlineMs: number;
};

export const pacing = (deadlineMs: number): Pacing => ({
  clock: () => performance.now(),
  pause,
  random: Math.random,
  deadlineMs,
});

/** What prevents a decision. The pauses grow with how often each of them was met. */
export type Obstacle =
  /** Another transaction holds a row. */
  | 'conflict'
  | 'throttled'
  /** Sent, without an answer. */
  | 'unknown'
  /** A read failed. */
  | 'read'
  /** A row changed between the read and the commit, or was made ready first. The next try reads it again. */
  | 'changed';

/** The longest first pause after each, in milliseconds. It doubles with each further one. */
const BASE_MS: Readonly<Record<Obstacle, number>> = {
  conflict: 10,
  throttled: 50,
  unknown: 20,
  read: 20,
  changed: 20,
};
const CAP_MS = 640;
const MOST_ATTEMPTS = 40;

/** A try that decided nothing: what prevented it, and where. */
export type Undecided = {
  readonly kind: 'undecided';
  readonly by: string;
  readonly met: Obstacle;
};
export const undecided = (by: string, met: Obstacle): Undecided => ({
  kind: 'undecided',
  by,
  met,
});

/** The last of several tries that decided nothing. */
export type GivenUp = Undecided & {
  /** How many tries there were. */
  readonly tries: number;
};

/** Thrown by our own code where the same call may succeed later. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
}

const RETRYABLE = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'ThrottlingException',
  'TimeoutError',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

const CONNECTION = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

const thrown = z.object({
  name: z.string(),
  $fault: z.string().optional(),
  // Some errors carry a number there.
  code: z.string().optional().catch(undefined),
});

/**
 * Whether an error says nothing about the request itself (a time-out, a lost connection, throttling), so
 * that the same request may be sent again.
 */
export function isRetryable(error: unknown): boolean {
  if (error instanceof RetryableError) return true;
  const { data } = thrown.safeParse(error);
  if (data === undefined) return false;
  if (RETRYABLE.has(data.name)) return true;
  if (data.$fault !== undefined) return data.$fault === 'server';
  return data.code !== undefined && CONNECTION.has(data.code);
}

/** Of a connection that never came about. */
const UNCONNECTED = new Set(['EAI_AGAIN', 'ECONNREFUSED', 'ENOTFOUND']);

/** Whether a request that failed was certainly not carried out. Otherwise it may have been, or may yet be. */
export function isCertainlyLost(error: unknown): boolean {
  const { data } = thrown.safeParse(error);
  if (!isRetryable(error) || data?.$fault === 'client') return true;
  return data?.code !== undefined && UNCONNECTED.has(data.code);
}

function failedRead(error: unknown): Undecided {
  if (isRetryable(error)) return undecided('read', 'read');
  throw error;
}

/** When to stop repeating what begins now, by the clock of `pacing`. Several reads of one request share one. */
export const deadlineOf = ({ clock, deadlineMs }: Pacing): number => clock() + deadlineMs;

/**
 * Repeats until a try decides, with full jitter between tries, bounded by attempts and by a deadline.
 * @returns the last undecided try where nothing was decided in time.
 */
export async function untilDecided<Result extends { readonly kind: string }>(
  pacing: Pacing,
  attempt: () => Promise<Result | Undecided>,
  until = deadlineOf(pacing),
): Promise<Result | GivenUp> {
  const met = new Map<Obstacle, number>();
  for (let tries = 1; ; tries += 1) {
    const result = await attempt().catch(failedRead);
    if (!isUndecided(result)) return result;
    const times = met.get(result.met) ?? 0;
    met.set(result.met, times + 1);
    const wait = pacing.random() * Math.min(CAP_MS, BASE_MS[result.met] * 2 ** times);
    if (tries === MOST_ATTEMPTS || pacing.clock() + wait > until) return { ...result, tries };
    await pacing.pause(wait);
  }
}

const isUndecided = (result: { readonly kind: string }): result is Undecided =>
  result.kind === 'undecided';

/**
 * Repeats a read that fails for a moment.
 * @throws RetryableError where it keeps failing.
 */
export async function untilRead<Value>(
  pacing: Pacing,
  read: () => Promise<Value>,
  until = deadlineOf(pacing),
): Promise<Value> {
  const attempt = async () => ({ kind: 'read' as const, value: await read() });
  const found = await untilDecided(pacing, attempt, until);
  if (found.kind === 'undecided') throw new RetryableError('a read kept failing');
  return found.value;
}
