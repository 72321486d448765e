import {
  type CreditLine,
  openCreditLine,
  setCreditLimit,
  type Wallet,
} from '../../ledger/balances.ts';
import { type Decision, refused } from '../../ledger/decision.ts';
import { type Merchant, mayReceive, receiving } from '../../ledger/merchant.ts';
import { type Currency, type MinorUnits, minor } from '../../ledger/money.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';
import { openedFor, refusedWallet } from '../../ledger/wallet-opening.ts';

export type LimitFacts = {
  readonly merchant: Merchant | undefined;
  readonly line: CreditLine | undefined;
  readonly wallet: Wallet | undefined;
};

/** The limit that a merchant has in a currency; nothing without a credit line. */
export const limitOf = ({ line }: Pick<LimitFacts, 'line'>): MinorUnits => line?.limit ?? minor(0n);

/**
 * Sets a credit limit (CR-3). Below what is utilised it only stops new use. The first limit in a currency opens
 * the credit line, and the wallet for what a refund of repaid credit returns.
 * Refuses in this order: the merchant and its status, its wallet.
 */
export function decideLimit(
  { merchant, line, wallet }: LimitFacts,
  { limit, currency }: { readonly limit: MinorUnits; readonly currency: Currency },
): Decision<NewTransactionOf<'limit_change'>> {
  if (merchant === undefined) return refused('merchant_not_found');
  if (!mayReceive(merchant)) return refused('merchant_cannot_have_credit');
  const unable = refusedWallet(merchant, wallet);
  if (unable !== undefined) return unable;
  const opened = openedFor(merchant, wallet, currency);
  const { id: merchantId } = merchant;
  return {
    kind: 'accepted',
    transaction: {
      type: 'limit_change',
      status: 'SUCCEEDED',
      amount: limit,
      currency,
      merchantId,
      limitBefore: limitOf({ line }),
    },
    // A limit is no money.
    postings: [],
    guards: [receiving(merchantId), ...opened.guards],
    changes: [
      line === undefined
        ? openCreditLine(merchantId, currency, limit)
        : setCreditLimit(merchantId, line, limit),
      ...opened.changes,
    ],
  };
}
