import type { CreditLine } from '../../ledger/balances.ts';
import { type Decision, refused } from '../../ledger/decision.ts';
import { activeOnTerms, type Merchant, spenderOf } from '../../ledger/merchant.ts';
import type { Currency, MinorUnits } from '../../ledger/money.ts';
import { drawOnWallet, releaseFunds, type WalletFunds } from '../../ledger/pending-releases.ts';
import { toRoot } from '../../ledger/pool/pool.ts';
import {
  credit,
  poolAvailable,
  poolLent,
  postingsIn,
  walletAvailable,
} from '../../ledger/postings.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';

export type RepaymentOrder = { readonly amount: MinorUnits; readonly currency: Currency };
export type RepaymentFacts = {
  readonly merchant: Merchant | undefined;
  readonly line: CreditLine | undefined;
  readonly funds: WalletFunds;
};

/**
 * Returns used credit from the wallet to the pool (CR-4). Refuses in this order: the merchant's status, the
 * credit line and what it has utilised, the wallet and its funds.
 */
export function decideRepayment(
  { merchant: found, line, funds }: RepaymentFacts,
  { amount, currency }: RepaymentOrder,
): Decision<NewTransactionOf<'repayment'>> {
  const merchant = spenderOf(found);
  if ('kind' in merchant) return merchant;
  if (line === undefined) return refused('no_credit_line');
  if (amount > line.utilised) return refused('repayment_exceeds_utilised');
  const draw = drawOnWallet(funds, amount);
  if (draw.kind === 'refused') return draw;

  const { id: merchantId } = merchant;
  const released = releaseFunds(merchantId, currency, draw.releases);
  const shares = toRoot(amount);
  return {
    kind: 'accepted',
    transaction: { type: 'repayment', status: 'SUCCEEDED', amount, currency, merchantId },
    postings: [
      ...released.postings,
      ...postingsIn(
        currency,
        [walletAvailable(merchantId), poolAvailable(shares), amount],
        [credit(merchantId), poolLent(shares), amount],
      ),
    ],
    guards: [activeOnTerms(merchant)],
    changes: released.changes,
  };
}
