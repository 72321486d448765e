import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';

/** Leaves time to answer within the gateway's 30 s, also when the last call before it was slow. */
const DEADLINE_MS = 2_500;
const MOST_ATTEMPTS = 40;
const BASE_MS = 10;
const CAP_MS = 160;

/** A try that decided nothing, and what prevented it. */
export type Undecided = { readonly kind: 'undecided'; readonly by: string };
export const undecided = (by: string): Undecided => ({ kind: 'undecided', by });

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

function undecidedBy(error: unknown): Undecided {
  if (isRetryable(error)) return undecided('read');
  throw error;
}

/** When to stop repeating what begins now, by `performance.now()`. Several reads of one request share one. */
export const deadline = (): number => performance.now() + DEADLINE_MS;

/**
 * Repeats until a try decides, with full jitter between tries, bounded by attempts and by a deadline.
 * @returns the last undecided try where nothing was decided in time.
 */
export async function untilDecided<Result extends { readonly kind: string }>(
  attempt: () => Promise<Result | Undecided>,
  until = deadline(),
): Promise<Result | Undecided> {
  for (let tries = 1; ; tries += 1) {
    const result = await attempt().catch(undecidedBy);
    if (result.kind !== 'undecided' || tries === MOST_ATTEMPTS) return result;
    const wait = Math.random() * Math.min(CAP_MS, BASE_MS * 2 ** tries);
    if (performance.now() + wait > until) return result;
    await pause(wait);
  }
}

/**
 * Repeats a read that fails for a moment.
 * @throws RetryableError where it keeps failing.
 */
export async function untilRead<Value>(
  read: () => Promise<Value>,
  until = deadline(),
): Promise<Value> {
  const attempt = async () => ({ kind: 'read' as const, value: await read() });
  const found = await untilDecided(attempt, until);
  if (found.kind === 'undecided') throw new RetryableError('a read kept failing');
  return found.value;
}
