import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pMap from 'p-map';
import { z } from 'zod';
import { type HttpResponse, request, signIn } from './api.ts';
import { type Money, money, moneyText } from './money.ts';
import { stdoutReporter as report, step } from './reporter.ts';
import { createMerchant, signInAsAdmin, topUpPool } from './seed.ts';

/** A merchant of one run. No other run uses its bank account. */
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
  /** Number of responses by status, including retries. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Server errors other than the documented 503 with Retry-After (WD-8). */
  readonly faults: readonly number[];
  /** Of all responses in ms, ascending. */
  readonly latencies: readonly number[];
  readonly seconds: number;
};

/** Low, because Cognito and cold starts limit the rate of sign-ups. */
const SIGN_UP_CONCURRENCY = 8;

function createMerchants(
  api: string,
  adminToken: string,
  run: string,
  count: number,
): Promise<LoadMerchant[]> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const create = async (number: number): Promise<LoadMerchant> => {
    const account = `LOAD-${run}-${number}`;
    const user = { username: account.toLowerCase(), password: 'Surety-load-2026' };
    const credit = { limit: '1000.00', bankAccount: account };
    const id = await createMerchant(api, adminToken, user, credit);
    return { id, account, token: await signIn(api, user) };
  };
  return pMap(numbers, create, { concurrency: SIGN_UP_CONCURRENCY });
}

/** What each run begins with: merchants of its own, and money in the pool for their withdrawals. */
export async function startRun(api: string, count: number, topUp: string) {
  const run = Date.now().toString(36);
  const adminToken = await signInAsAdmin(api);
  report('These figures are for an emulator on this machine, not for AWS.');
  const merchants = await step(
    report,
    `${count} merchants registered and approved`,
    createMerchants(api, adminToken, run, count),
  );
  await topUpPool(api, adminToken, topUp, `load-${run}`);
  return { run, adminToken, merchants };
}

/** Random amounts. Small enough that no merchant of the run can exceed its credit. */
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

const MAX_ATTEMPTS = 5;
/** Undefined where the API does not ask for a retry: that response is final. */
function retryAfterMs({ headers }: HttpResponse): number | undefined {
  const seconds = headers.get('retry-after');
  return seconds === null ? undefined : 1_000 * Number(seconds);
}
const withdrawal = z.object({ data: z.object({ id: z.string() }) });

export async function withdrawAll(
  api: string,
  attempts: readonly Attempt[],
  concurrency: number,
): Promise<Outcome> {
  const accepted: Accepted[] = [];
  const statuses = new Map<number, number>();
  const faults: number[] = [];
  const latencies: number[] = [];

  const once = async ({ merchant, key, amount }: Attempt): Promise<HttpResponse> => {
    const start = performance.now();
    const body = { amount: moneyText(amount) };
    const response = await request(`${api}/withdrawals`, { token: merchant.token, key, body });
    latencies.push(performance.now() - start);
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    return response;
  };
  const withdraw = async (attempt: Attempt): Promise<void> => {
    for (let tries = 1; tries <= MAX_ATTEMPTS; tries += 1) {
      const response = await once(attempt);
      const created = withdrawal.safeParse(response.body);
      if (response.status === 202 && created.success) {
        accepted.push({ ...attempt, id: created.data.data.id });
        return;
      }
      const pauseMs = retryAfterMs(response);
      if (pauseMs === undefined) {
        if (response.status >= 500) faults.push(response.status);
        return;
      }
      await pause(pauseMs); // Then retry with the same key.
    }
  };

  const start = performance.now();
  await pMap(attempts, withdraw, { concurrency });
  const seconds = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  return { accepted, statuses, faults, latencies, seconds };
}

const FINAL = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
const POLL_MS = 500;
const history = z.object({
  data: z.object({
    items: z.array(z.object({ id: z.string(), status: z.string() })),
    next_cursor: z.null(),
  }),
});

/** Polls until all accepted withdrawals are final or the deadline passes. Returns their statuses. */
export async function waitUntilFinal(
  api: string,
  accepted: readonly Accepted[],
  withinSeconds: number,
): Promise<Map<string, string>> {
  const deadline = performance.now() + withinSeconds * 1_000;
  const statuses = new Map(accepted.map(({ id }) => [id, 'not listed']));
  const isOpen = ({ id }: Accepted): boolean => !FINAL.has(statuses.get(id) ?? '');
  for (;;) {
    const polled = [...new Set(accepted.filter(isOpen).map(({ merchant }) => merchant))];
    if (polled.length === 0 || performance.now() > deadline) return statuses;
    const poll = async ({ token }: LoadMerchant): Promise<void> => {
      const response = await request(`${api}/withdrawals?limit=100`, { token });
      // A busy API is polled again in the next round.
      if (retryAfterMs(response) !== undefined) return;
      const { items } = history.parse(response.body).data;
      for (const { id, status } of items) statuses.set(id, status);
    };
    // Low, because polling takes processor time from settlement.
    await pMap(polled, poll, { concurrency: 2 });
    await pause(POLL_MS);
  }
}
