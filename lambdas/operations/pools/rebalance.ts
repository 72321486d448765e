import type { SQSRecord } from 'aws-lambda';
import { undecidedBy } from '../../ledger/commit.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import type { Currency } from '../../ledger/money.ts';
import { poolMessage, shardNames } from '../../ledger/pool/pool.ts';
import { commitMove } from '../../ledger/pool/rebalance.ts';
import { nextMove } from '../../ledger/pool/rebalance-plan.ts';
import { readPool, readShards } from '../../ledger/rows/pool.ts';
import { log } from '../../platform/logger.ts';
import { deadlineOf, type Undecided, untilDecided } from '../../platform/retry.ts';

type Step = { readonly kind: 'moved' | 'level' };

/**
 * Levels a pool, one move after the other, until nothing is left to do or time is up: the next minute goes
 * on. Two runs at a time are harmless, since every move leaves the sums as they are.
 * @returns how many moves were made.
 */
export async function rebalance(ledger: LedgerContext, currency: Currency): Promise<number> {
  const until = deadlineOf(ledger.pacing);
  let moves = 0;
  while (ledger.pacing.clock() < until) {
    const { kind } = await untilDecided(ledger.pacing, () => step(ledger, currency), until);
    if (kind !== 'moved') break;
    moves += 1;
  }
  if (moves > 0) log('money', 'POOL_REBALANCED', { currency, moves });
  return moves;
}

async function step(ledger: LedgerContext, currency: Currency): Promise<Step | Undecided> {
  const pool = await readPool(ledger, currency);
  if (pool === undefined) return { kind: 'level' };
  const { shards, targetShards } = pool.root;
  // Rows of earlier shards are still there.
  const known =
    targetShards > shards
      ? await readShards(ledger, currency, shardNames(targetShards))
      : pool.shards;
  const move = nextMove(pool, new Set(known.map(({ shard }) => shard)));
  if (move === undefined) return { kind: 'level' };
  const result = await commitMove(ledger, move);
  return result.kind === 'committed' ? { kind: 'moved' } : undecidedBy(result);
}

/** Messages about one pool that arrive during a run share it. */
export function rebalanceMessage(ledger: LedgerContext) {
  const running = new Map<Currency, Promise<unknown>>();
  return async ({ body }: SQSRecord): Promise<void> => {
    const { currency } = poolMessage.parse(JSON.parse(body));
    const run =
      running.get(currency) ?? rebalance(ledger, currency).finally(() => running.delete(currency));
    running.set(currency, run);
    await run;
  };
}
