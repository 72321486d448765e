import type { Currency, MinorUnits } from '../../ledger/money.ts';
import { topUpPostings } from '../../ledger/postings.ts';
import type { Draft } from '../../ledger/transactions.ts';

export type TopUp = { readonly amount: MinorUnits; readonly currency: Currency };
export type AcceptedTopUp = { readonly kind: 'accepted'; readonly transaction: Draft };

/** Money put behind the pool by its owner; nothing can refuse it (CR-1). */
export function decideTopUp({ amount, currency }: TopUp, now: Date): AcceptedTopUp {
  const at = now.toISOString();
  return {
    kind: 'accepted',
    transaction: {
      type: 'top_up',
      status: 'SUCCEEDED',
      amount,
      currency,
      createdAt: at,
      at: { SUCCEEDED: at },
      phases: [{ name: 'accept', at, postings: topUpPostings(amount) }],
    },
  };
}
