import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { type Answer, ask, call, signIn } from './api.ts';
import { type Money, money, moneyText } from './money.ts';
import { createMerchant } from './seed.ts';

/** A merchant made for one run; its bank account is no other run's. */
export type LoadMerchant = {
  readonly id: string;
  readonly account: string;
  readonly token: string;
};
export type Attempt = {
  readonly merchant: LoadMerchant;
  readonly key: string;
  readonly amount: Money;
};
export type Accepted = Attempt & { readonly id: string };
export type Outcome = {
  readonly accepted: readonly Accepted[];
  /** How often each status was answered, retries included. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Server errors that are not the documented "busy, come again" (503 with Retry-After, WD-8). */
  readonly faults: readonly number[];
  /** Of every answer, ascending. */
  readonly latencies: readonly number[];
  readonly seconds: number;
};

/** Works through the items in order, `width` at a time. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

/** Cognito and cold functions are the slow part here: a few at a time. */
const AT_ONCE = 8;

export function createMerchants(
  api: string,
  adminToken: string,
  run: string,
  count: number,
): Promise<LoadMerchant[]> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return inParallel(numbers, AT_ONCE, async (number) => {
    const account = `LOAD-${run}-${number}`;
    const user = { username: account.toLowerCase(), password: 'Surety-load-2026' };
    const credit = { limit: '1000.00', bankAccount: account };
    const id = await createMerchant(api, adminToken, user, credit);
    return { id, account, token: await signIn(api, user.username, user.password) };
  });
}

/** Random cents, small enough that no merchant of the run can use up its credit. */
export const planAttempts = (
  merchants: readonly LoadMerchant[],
  run: string,
  each: number,
): Attempt[] =>
  Array.from({ length: each }, (_, round) =>
    merchants.map((merchant) => ({
      merchant,
      key: `load-${run}-${round}`,
      amount: money(BigInt(randomInt(1, 5_000))),
    })),
  ).flat();

const MOST_TRIES = 5;
const retryAfterMs = ({ headers }: Answer): number =>
  1_000 * Number(headers.get('retry-after') ?? 1);
const withdrawal = z.object({ data: z.object({ id: z.string() }) });

export async function withdrawAll(
  api: string,
  attempts: readonly Attempt[],
  width: number,
): Promise<Outcome> {
  const accepted: Accepted[] = [];
  const statuses = new Map<number, number>();
  const faults: number[] = [];
  const latencies: number[] = [];

  const once = async ({ merchant, key, amount }: Attempt): Promise<Answer> => {
    const from = performance.now();
    const body = { amount: moneyText(amount) };
    const answer = await call(`${api}/withdrawals`, { token: merchant.token, key, body });
    latencies.push(performance.now() - from);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    return answer;
  };
  const withdraw = async (attempt: Attempt): Promise<void> => {
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      const answer = await once(attempt);
      const made = withdrawal.safeParse(answer.body);
      if (answer.status === 202 && made.success) {
        accepted.push({ ...attempt, id: made.data.data.id });
        return;
      }
      const pauseMs = retryAfterMs(answer);
      if (pauseMs === undefined) {
        if (answer.status >= 500) faults.push(answer.status);
        return;
      }
      await wait(pauseMs); // And again, under the same key.
    }
  };

  const from = performance.now();
  await inParallel(attempts, width, withdraw);
  const seconds = (performance.now() - from) / 1_000;
  latencies.sort((a, b) => a - b);
  return { accepted, statuses, faults, latencies, seconds };
}

const FINAL = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
const POLL_MS = 500;
const history = z.object({
  items: z.array(z.object({ id: z.string(), status: z.string() })),
  next_cursor: z.null(),
});

/** The status of every accepted withdrawal once all are final, or at the deadline. */
export async function untilFinal(
  api: string,
  accepted: readonly Accepted[],
  withinSeconds: number,
): Promise<Map<string, string>> {
  const deadline = performance.now() + withinSeconds * 1_000;
  const statuses = new Map(accepted.map(({ id }) => [id, 'never seen']));
  const isOpen = ({ id }: Accepted): boolean => !FINAL.has(statuses.get(id) ?? '');
  for (;;) {
    const waiting = [...new Set(accepted.filter(isOpen).map(({ merchant }) => merchant))];
    if (waiting.length === 0 || performance.now() > deadline) return statuses;
    // Few at once: whoever asks takes processor time from those who settle.
    await inParallel(waiting, 2, async ({ token }) => {
      const page = await ask(`${api}/withdrawals?limit=100`, history, { token });
      for (const { id, status } of page.items) statuses.set(id, status);
    });
    await wait(POLL_MS);
  }
}
