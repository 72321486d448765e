import { type CreditLine, creditAvailable, type PoolShare } from './balance.ts';
import { calendarLabels } from './calendar.ts';
import { type Merchant, mayNotSpend, type Spent, spentAfter } from './merchant.ts';
import { type Currency, type MinorUnits, minor } from './money.ts';
import { drawPostings } from './postings.ts';
import { type Refused, refused } from './reason.ts';
import type { Transaction } from './transaction.ts';

export type WithdrawalOrder = { readonly amount: MinorUnits; readonly currency: Currency };

/** What the pool as a whole can do: these shares can pay, or no combination of them can. */
export type PoolOffer =
  | { readonly kind: 'shares'; readonly shares: readonly PoolShare[] }
  | { readonly kind: 'short' };

export type WithdrawalFacts = {
  readonly merchant: Merchant | undefined;
  readonly credit: CreditLine | undefined;
  readonly pool: PoolOffer;
};

export type AcceptedWithdrawal = {
  readonly kind: 'accepted';
  readonly transaction: Draft;
  readonly merchant: Merchant;
  readonly spent: Spent;
  readonly credit: CreditLine;
  readonly utilisedAfter: MinorUnits;
  readonly shares: readonly PoolShare[];
};
/** A transaction before the request that asked for it is stamped on. */
export type Draft = Omit<Transaction, 'pk' | 'txnId' | 'requestHash'>;

/** When the sweep may first wonder what became of it: by then the stream and the queue have had their time. */
const DUE_AFTER_ACCEPT_MS = 15 * 60_000;
const later = (now: Date, ms: number): string => new Date(now.getTime() + ms).toISOString();

/** Refuses in this order: merchant's status, its credit, the pool. */
export function decideWithdrawal(
  { merchant, credit, pool }: WithdrawalFacts,
  { amount, currency }: WithdrawalOrder,
  now: Date,
): Refused | AcceptedWithdrawal {
  const barred = mayNotSpend(merchant);
  if (merchant === undefined || barred !== undefined) return refused(barred ?? 'not_a_merchant');
  if (credit === undefined) return refused('no_credit_line');
  if (creditAvailable(credit) < amount) return refused('insufficient_credit');
  if (pool.kind === 'short') return refused('insufficient_pool');

  // From here on the withdrawal must succeed.
  const labels = calendarLabels(now, merchant.timeZone);
  const at = now.toISOString();
  return {
    kind: 'accepted',
    merchant,
    spent: spentAfter(merchant, currency, amount, labels),
    credit,
    utilisedAfter: minor(credit.utilised + amount),
    shares: pool.shares,
    transaction: {
      type: 'withdrawal',
      status: 'PENDING',
      source: 'credit',
      amount,
      currency,
      merchantId: merchant.id,
      destination: merchant.bankAccount,
      createdAt: at,
      at: { PENDING: at },
      phases: [{ name: 'accept', at, postings: drawPostings(amount) }],
      shares: [...pool.shares],
      limitDay: labels.day,
      limitMonth: labels.month,
      attempt: 0n,
      due: later(now, DUE_AFTER_ACCEPT_MS),
    },
  };
}
