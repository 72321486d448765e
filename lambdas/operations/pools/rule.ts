import { openPool, type PoolRow, toRoot } from '../../ledger/balances.ts';
import type { Accepted } from '../../ledger/decision.ts';
import type { Currency, MinorUnits } from '../../ledger/money.ts';
import { poolAvailable, postingsIn, system } from '../../ledger/postings.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';

export type TopUp = { readonly amount: MinorUnits; readonly currency: Currency };

/** Puts the owner's money behind the pool (CR-1). Nothing refuses it; the first top-up opens the pool. */
export function decideTopUp(
  pool: PoolRow | undefined,
  { amount, currency }: TopUp,
): Accepted<NewTransactionOf<'top_up'>> {
  return {
    kind: 'accepted',
    transaction: { type: 'top_up', status: 'SUCCEEDED', amount, currency },
    postings: postingsIn(currency, [system('funding'), poolAvailable(toRoot(amount)), amount]),
    guards: [],
    changes: pool === undefined ? [openPool(currency)] : [],
  };
}
