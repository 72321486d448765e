import type { Wallet } from './balance.ts';
import type { Merchant, MerchantStatus } from './merchant.ts';
import type { Currency, MinorUnits } from './money.ts';
import { depositPostings } from './postings.ts';
import { type Refused, refused } from './reason.ts';
import type { Draft } from './transaction.ts';

export type Deposit = { readonly amount: MinorUnits; readonly currency: Currency };
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

/** Money from outside into a wallet, which the first deposit in a currency creates (WA-2, WA-3). */
export function decideDeposit(
  { merchant, wallet }: DepositFacts,
  { amount, currency }: Deposit,
  now: Date,
): Refused | AcceptedDeposit {
  if (merchant === undefined) return refused('merchant_not_found');
  if (!mayReceive(merchant)) return refused('merchant_cannot_receive');
  if (wallet?.closed) return refused('wallet_closed');

  const at = now.toISOString();
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
      phases: [{ name: 'accept', at, postings: depositPostings(amount) }],
    },
  };
}
