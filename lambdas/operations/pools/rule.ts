import { type Accepted, type Decision, refused } from '../../ledger/decision.ts';
import { type Currency, type MinorUnits, minor } from '../../ledger/money.ts';
import { openPool, type PoolRoot, toRoot, wantShards } from '../../ledger/pool/pool.ts';
import { poolAvailable, postingsIn, system } from '../../ledger/postings.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';

export type TopUp = {
  readonly amount: MinorUnits;
  readonly currency: Currency;
  /** Of a pool that it opens. */
  readonly shards: number;
};

/** Puts the owner's money behind the pool (CR-1). Nothing refuses it; the first top-up opens the pool. */
export function decideTopUp(
  root: PoolRoot | undefined,
  { amount, currency, shards }: TopUp,
): Accepted<NewTransactionOf<'top_up'>> {
  return {
    kind: 'accepted',
    transaction: { type: 'top_up', status: 'SUCCEEDED', amount, currency },
    postings: postingsIn(currency, [system('funding'), poolAvailable(toRoot(amount)), amount]),
    guards: [],
    changes: root === undefined ? [openPool(currency, shards)] : [],
  };
}

export type PoolChange = { readonly currency: Currency; readonly shards: number };

/** Over how many shards a pool is spread. The rebalancer carries it out, while the pool pays and receives. */
export function decidePoolChange(
  root: PoolRoot | undefined,
  { currency, shards }: PoolChange,
): Decision<NewTransactionOf<'pool_change'>> {
  if (root === undefined) return refused('pool_not_found');
  return {
    kind: 'accepted',
    transaction: {
      type: 'pool_change',
      status: 'SUCCEEDED',
      amount: minor(0n),
      currency,
      shards: BigInt(shards),
    },
    postings: [],
    guards: [],
    changes: [wantShards(currency, shards)],
  };
}
