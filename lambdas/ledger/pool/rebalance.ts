import { count } from '../../platform/metrics.ts';
import { type CommitResult, commit } from '../commit.ts';
import type { LedgerContext } from '../context.ts';
import { poolPk, transactionId } from '../keys.ts';
import { minor } from '../money.ts';
import { post } from '../post.ts';
import { createTransaction, stamp } from '../rows/transactions.ts';
import { closing, type PoolMove } from './moves.ts';
import { type PoolOffer, ROOT } from './pool.ts';

/**
 * Commits one move within a pool. Nobody asked for it: the row whose version was read names the transaction,
 * so that two processes that plan the same move make it once.
 */
export function commitMove(
  ledger: LedgerContext,
  { currency, of, amount, postings, changes }: PoolMove,
): Promise<CommitResult> {
  const pk = poolPk(currency, of.shard);
  const txnId = transactionId('system:rebalance', pk, 'rebalance', `${pk}@${of.version}`);
  const transaction = { type: 'rebalance', status: 'SUCCEEDED', amount, currency } as const;
  // No request asked for it.
  const identity = { pk, txnId, hash: '' };
  const created = createTransaction(
    stamp({ transaction, postings }, identity, ledger.now(), 'rebalance'),
  );
  return commit(
    ledger,
    post([{ txnId, name: 'rebalance', postings, guards: [], changes: [created, ...changes] }]),
  );
}

/**
 * Closes the small shard that an offer has met into the root, in one try. Where that fails, the next debit that
 * meets the shard tries again. Every close writes the root, so where others are at it, one more would only get
 * in their way.
 */
export async function closeSmall(ledger: LedgerContext, { small }: PoolOffer): Promise<void> {
  if (small === undefined || ledger.pools.of(small.shard.currency).isContended(ROOT)) return;
  const { kind } = await commitMove(ledger, closing(small.shard, minor(small.low)));
  if (kind === 'committed') count('ShardsClosed');
}
