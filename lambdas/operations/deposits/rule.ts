import type { Wallet } from '../../ledger/balances.ts';
import { yearsLater } from '../../ledger/calendar.ts';
import type { Merchant, MerchantStatus } from '../../ledger/merchant.ts';
import type { Currency, MinorUnits } from '../../ledger/money.ts';
import { depositPostings, pendingDepositPostings } from '../../ledger/postings.ts';
import { type Refused, refused } from '../../ledger/reasons.ts';
import type { Draft } from '../../ledger/transactions.ts';

export type Deposit = {
  readonly amount: MinorUnits;
  readonly currency: Currency;
  /** ISO 8601 in UTC; from this time on it is available, before it is pending. */
  readonly releaseAt?: string | undefined;
};
export type DepositFacts = {
  readonly merchant: Merchant | undefined;
  readonly wallet: Wallet | undefined;
};
export type AcceptedDeposit = {
  readonly kind: 'accepted';
  readonly transaction: Draft;
  readonly merchantId: string;
  readonly wallet: Wallet | undefined;
};

const RECEIVING: ReadonlySet<MerchantStatus> = new Set(['ACTIVE', 'SUSPENDED']);
/** Suspended ones too: a suspension stops what a merchant does, not what comes in. */
export const mayReceive = ({ status }: Merchant): boolean => RECEIVING.has(status);

const MOST_YEARS_AHEAD = 5;

/** Money from outside into a wallet, which the first deposit in a currency creates (WA-2, WA-3). */
export function decideDeposit(
  { merchant, wallet }: DepositFacts,
  { amount, currency, releaseAt = '' }: Deposit,
  now: Date,
): Refused | AcceptedDeposit {
  if (merchant === undefined) return refused('merchant_not_found');
  if (!mayReceive(merchant)) return refused('merchant_cannot_receive');
  if (wallet?.closed) return refused('wallet_closed');
  if (releaseAt > yearsLater(now, MOST_YEARS_AHEAD).toISOString())
    return refused('release_too_far');

  const at = now.toISOString();
  // A time that has passed already is now.
  const waits = releaseAt > at;
  return {
    kind: 'accepted',
    merchantId: merchant.id,
    wallet,
    transaction: {
      type: 'deposit',
      status: 'SUCCEEDED',
      amount,
      currency,
      merchantId: merchant.id,
      createdAt: at,
      at: { SUCCEEDED: at },
      phases: [
        {
          name: 'accept',
          at,
          postings: waits ? pendingDepositPostings(amount) : depositPostings(amount),
        },
      ],
      ...(waits && { releaseAt }),
    },
  };
}
