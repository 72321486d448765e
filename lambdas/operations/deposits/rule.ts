import { openWallet, type Wallet } from '../../ledger/balances.ts';
import { yearsLater } from '../../ledger/calendar.ts';
import { type Decision, refused } from '../../ledger/decision.ts';
import {
  type Merchant,
  mayOpenWallet,
  mayReceive,
  receivingInNewWallet,
} from '../../ledger/merchant.ts';
import type { Currency, MinorUnits } from '../../ledger/money.ts';
import { addRelease } from '../../ledger/pending-releases.ts';
import { postingsIn, system, walletAvailable, walletPending } from '../../ledger/postings.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';

export type DepositOrder = {
  readonly amount: MinorUnits;
  readonly currency: Currency;
  /** ISO 8601 in UTC. The amount is pending before this time and available from then on. */
  readonly releaseAt?: string | undefined;
};
export type DepositFacts = {
  readonly merchant: Merchant | undefined;
  readonly wallet: Wallet | undefined;
};

const MOST_YEARS_AHEAD = 5;

/** Money from outside into a wallet, which the first deposit in a currency opens (WA-2, WA-3). */
export function decideDeposit(
  { merchant, wallet }: DepositFacts,
  { amount, currency, releaseAt }: DepositOrder,
  now: Date,
  /** The pending release is stored under the deposit's id. */
  depositId: string,
): Decision<NewTransactionOf<'deposit'>> {
  if (merchant === undefined) return refused('merchant_not_found');
  if (!mayReceive(merchant)) return refused('merchant_cannot_receive');
  if (wallet?.closed) return refused('wallet_closed');
  if (wallet === undefined && !mayOpenWallet(merchant)) return refused('too_many_wallets');
  if (releaseAt !== undefined && releaseAt > yearsLater(now, MOST_YEARS_AHEAD).toISOString())
    return refused('release_too_far');

  const { id: merchantId } = merchant;
  // A release time that has passed already is now.
  const pendingUntil =
    releaseAt !== undefined && releaseAt > now.toISOString() ? releaseAt : undefined;
  const account = pendingUntil === undefined ? walletAvailable : walletPending;
  return {
    kind: 'accepted',
    transaction: {
      type: 'deposit',
      status: 'SUCCEEDED',
      amount,
      currency,
      merchantId,
      ...(pendingUntil !== undefined && { releaseAt: pendingUntil }),
    },
    postings: postingsIn(currency, [system('outside'), account(merchantId), amount]),
    guards: wallet === undefined ? [receivingInNewWallet(merchantId)] : [],
    changes: [
      ...(wallet === undefined ? openWallet(merchantId, currency) : []),
      ...(pendingUntil === undefined
        ? []
        : [addRelease(merchantId, { depositId, currency, amount, releaseAt: pendingUntil })]),
    ],
  };
}
