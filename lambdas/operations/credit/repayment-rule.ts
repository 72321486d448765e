import type { Account } from '../../ledger/accounts.ts';
import type { CreditLine } from '../../ledger/balances.ts';
import { type Decision, type Refused, refused } from '../../ledger/decision.ts';
import { activeOnTerms, type Merchant, spenderOf } from '../../ledger/merchant.ts';
import { type Currency, formatAmount, type MinorUnits } from '../../ledger/money.ts';
import { drawOnWallet, releaseFunds, type WalletFunds } from '../../ledger/pending-releases.ts';
import { toRoot } from '../../ledger/pool/pool.ts';
import {
  credit,
  type Posting,
  poolAvailable,
  poolLent,
  postingsIn,
  system,
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
  const excess = refusedBy(line, amount);
  if (excess !== undefined) return excess;
  const draw = drawOnWallet(funds, amount);
  if (draw.kind === 'refused') return draw;

  const { id: merchantId } = merchant;
  const released = releaseFunds(merchantId, currency, draw.releases);
  return {
    kind: 'accepted',
    transaction: repaid(merchantId, 'wallet', { amount, currency }),
    postings: [
      ...released.postings,
      ...returned(merchantId, walletAvailable(merchantId), { amount, currency }),
    ],
    guards: [activeOnTerms(merchant)],
    changes: released.changes,
  };
}

/**
 * A repayment that came through a bank, recorded by an admin (CR-4). It has been paid already, so the merchant's
 * status does not matter: refused is only what is not owed.
 */
export function decideRecordedRepayment(
  { merchant, line }: Omit<RepaymentFacts, 'funds'>,
  order: RepaymentOrder,
): Decision<NewTransactionOf<'repayment'>> {
  if (merchant === undefined) return refused('merchant_not_found');
  const excess = refusedBy(line, order.amount);
  if (excess !== undefined) return excess;
  return {
    kind: 'accepted',
    transaction: repaid(merchant.id, 'bank', order),
    postings: returned(merchant.id, system('outside'), order),
    guards: [],
    changes: [],
  };
}

/** At most what is utilised. */
function refusedBy(line: CreditLine | undefined, amount: MinorUnits): Refused | undefined {
  if (line === undefined) return refused('no_credit_line');
  const { utilised, currency } = line;
  if (amount <= utilised) return undefined;
  const outstanding = formatAmount(utilised, currency);
  return refused('repayment_exceeds_utilised', { outstanding, currency });
}

const repaid = (
  merchantId: string,
  source: 'wallet' | 'bank',
  order: RepaymentOrder,
): NewTransactionOf<'repayment'> => ({
  type: 'repayment',
  status: 'SUCCEEDED',
  ...order,
  merchantId,
  source,
});

/** Back to the root of the pool, from where it came. */
function returned(
  merchantId: string,
  from: Account,
  { amount, currency }: RepaymentOrder,
): readonly Posting[] {
  const shares = toRoot(amount);
  return postingsIn(
    currency,
    [from, poolAvailable(shares), amount],
    [credit(merchantId), poolLent(shares), amount],
  );
}
