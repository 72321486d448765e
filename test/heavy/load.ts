import pMap from 'p-map';
import { rebalance } from '../../lambdas/operations/pools/rebalance.ts';
import { type Harness, type Reply, type Request, USD } from '../harness/harness.ts';

/** A pool, level over the shards of the harness, as the rebalancer leaves it some seconds after a top-up. */
export async function fillAndSpread(harness: Harness, amount: string): Promise<void> {
  await harness.fillPool(amount);
  while ((await rebalance(harness.context.ledger, USD)) > 0);
}

/** Approved merchants. None shares a row with another, so many can be prepared at once. */
export const merchantsWithCredit = (
  harness: Harness,
  count: number,
  limit: string,
): Promise<string[]> =>
  pMap(Array.from({ length: count }), () => harness.merchant(limit), { concurrency: 50 });

/**
 * Sends withdrawals until each has an answer: those that are answered 503 are sent again with their keys, after
 * all others. Returns the last reply of each, and how many requests it took.
 */
export async function withdrawUntilAnswered(
  { call }: Harness,
  requests: readonly Request[],
  concurrency: number,
): Promise<{ readonly replies: readonly Reply[]; readonly sent: number }> {
  const replies = new Map<Request, Reply>();
  let sent = 0;
  for (let waiting = requests; waiting.length > 0; ) {
    sent += waiting.length;
    await pMap(
      waiting,
      async (request) => replies.set(request, await call('POST /withdrawals', request)),
      { concurrency },
    );
    waiting = waiting.filter((request) => replies.get(request)?.status === 503);
  }
  return { replies: [...replies.values()], sent };
}

/** How many replies of each kind: `202`, `402 insufficient_pool`. */
export function tally(replies: readonly Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of replies) {
    const kind = body.code === undefined ? `${status}` : `${status} ${body.code}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

const sumOf = (rows: readonly Record<string, unknown>[], attribute: string): bigint =>
  rows.reduce((sum, row) => sum + BigInt(String(row[attribute])), 0n);

/** What is left in the pool, over all its rows, and what each merchant has drawn. In minor units. */
export async function balancesOf(harness: Harness) {
  const rows = await harness.rows();
  const pool = rows.filter(({ sk }) => sk === 'POOL');
  const lines = rows.filter(({ sk }) => sk === 'CREDIT#USD');
  return {
    available: sumOf(pool, 'available'),
    lent: sumOf(pool, 'lent'),
    utilised: new Map(lines.map((row) => [String(row['pk']), sumOf([row], 'utilised')])),
  };
}

/** Runs it, and returns the milliseconds beside the result. */
export async function timed<Result>(run: () => Promise<Result>) {
  const started = performance.now();
  const result = await run();
  return { result, ms: performance.now() - started };
}

/** Figures of a run. Jest would add a stack to console.log. */
export const report = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
