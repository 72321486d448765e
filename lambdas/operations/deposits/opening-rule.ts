import type { Accepted, Refused } from '../../ledger/decision.ts';
import { type Currency, minor } from '../../ledger/money.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';
import { openedFor } from '../../ledger/wallet-opening.ts';
import { type ReceiverFacts, receiverOf } from './receiver-rule.ts';

/** An empty wallet, once: nothing is left to do where it is open, whatever it holds (WA-2). */
export function decideOpening(
  facts: ReceiverFacts,
  currency: Currency,
): Accepted<NewTransactionOf<'wallet_opening'>> | Refused | { readonly kind: 'done' } {
  const merchant = receiverOf(facts);
  if ('kind' in merchant) return merchant;
  if (facts.wallet !== undefined) return { kind: 'done' };
  return {
    kind: 'accepted',
    transaction: {
      type: 'wallet_opening',
      status: 'SUCCEEDED',
      amount: minor(0n),
      currency,
      merchantId: merchant.id,
    },
    postings: [],
    ...openedFor(merchant, facts.wallet, currency),
  };
}
