import { type CreditLine, creditAvailable, type PoolShare } from '../../ledger/balances.ts';
import { calendarLabels, later } from '../../ledger/calendar.ts';
import { type Merchant, type Spent, spenderOf, spentAfter } from '../../ledger/merchant.ts';
import { type Currency, type MinorUnits, minor } from '../../ledger/money.ts';
import {
  drawOnWallet,
  sumOf,
  type Tranche,
  type WalletFacts,
} from '../../ledger/pending-releases.ts';
import { drawPostings, type Postings, spendPostings, withRelease } from '../../ledger/postings.ts';
import { type Refused, refused } from '../../ledger/reasons.ts';
import type { Draft, Phase, Source } from '../../ledger/transactions.ts';

export type WithdrawalOrder = {
  readonly amount: MinorUnits;
  readonly currency: Currency;
  readonly source: Source;
  /** ISO 8601 in UTC; at once where it is left out. */
  readonly executeAt?: string | undefined;
};

/** What the pool as a whole can do: these shares can pay, or no combination of them can. */
export type PoolOffer =
  | { readonly kind: 'shares'; readonly shares: readonly PoolShare[] }
  | { readonly kind: 'short' };

/** What stands behind the order's source. */
export type Funds =
  | { readonly source: 'credit'; readonly credit: CreditLine | undefined; readonly pool: PoolOffer }
  | ({ readonly source: 'wallet' } & WalletFacts);

export type WithdrawalFacts = {
  readonly merchant: Merchant | undefined;
  readonly funds: Funds;
};

/** What pays for it, found sufficient. */
export type Draw =
  | {
      readonly source: 'credit';
      readonly credit: CreditLine;
      readonly utilisedAfter: MinorUnits;
      readonly shares: readonly PoolShare[];
    }
  | { readonly source: 'wallet'; readonly folds: readonly Tranche[] };

/** What a draw folds on its way; credit has no tranches. */
export const foldsOf = (draw: Draw): readonly Tranche[] =>
  draw.source === 'wallet' ? draw.folds : [];

/** Money taken for a withdrawal that can go to the bank: at once, or when its time has come. */
export type Execution = {
  readonly kind: 'accepted';
  readonly merchant: Merchant;
  readonly spent: Spent;
  readonly draw: Draw;
  /** What the transaction says of it. */
  readonly record: {
    readonly phase: Phase;
    readonly shares?: PoolShare[];
    readonly limitDay: string;
    readonly limitMonth: string;
    readonly due: string;
  };
};

/** When the sweep may first wonder what became of it: by then the stream and the queue have had their time. */
const DUE_AFTER_ACCEPT_MS = 15 * 60_000;

const postingsOf = (draw: Draw, amount: MinorUnits): Postings =>
  draw.source === 'credit'
    ? drawPostings(amount)
    : withRelease(spendPostings(amount), sumOf(draw.folds));

/** Refuses in this order: merchant's status, its own funds or credit, the pool. */
export function decideExecution(
  { merchant, funds }: WithdrawalFacts,
  { amount, currency }: Pick<WithdrawalOrder, 'amount' | 'currency'>,
  now: Date,
): Refused | Execution {
  const spender = spenderOf(merchant);
  if ('kind' in spender) return spender;
  const draw = drawOn(funds, amount);
  if ('kind' in draw) return draw;

  // From here on the withdrawal must succeed.
  const spent = spentAfter(spender, currency, amount, calendarLabels(now, spender.timeZone));
  const at = now.toISOString();
  return {
    kind: 'accepted',
    merchant: spender,
    spent,
    draw,
    record: {
      phase: { name: 'accept', at, postings: postingsOf(draw, amount) },
      ...(draw.source === 'credit' && { shares: [...draw.shares] }),
      limitDay: spent.day,
      limitMonth: spent.month,
      due: later(now, DUE_AFTER_ACCEPT_MS),
    },
  };
}

export type AcceptedWithdrawal = {
  readonly kind: 'accepted';
  readonly transaction: Draft;
  readonly folds: readonly Tranche[];
  readonly merchant: Merchant;
  /** None of one that is only scheduled: its funds are looked at when its time has come. */
  readonly execution: Execution | undefined;
};

/** A withdrawal that is carried out at once (CR-2, WD-1). */
export function decideWithdrawal(
  facts: WithdrawalFacts,
  order: WithdrawalOrder,
  now: Date,
): Refused | AcceptedWithdrawal {
  const execution = decideExecution(facts, order, now);
  if (execution.kind === 'refused') return execution;
  const { phase, ...record } = execution.record;
  return {
    kind: 'accepted',
    folds: foldsOf(execution.draw),
    merchant: execution.merchant,
    execution,
    transaction: {
      ...newWithdrawal(execution.merchant, order, 'PENDING', now),
      ...record,
      phases: [phase],
    },
  };
}

/** What is said of every withdrawal when it is asked for; the bank account is that of this moment. */
export function newWithdrawal(
  merchant: Merchant,
  { amount, currency, source }: WithdrawalOrder,
  status: 'PENDING' | 'SCHEDULED',
  now: Date,
): Draft {
  const at = now.toISOString();
  return {
    type: 'withdrawal',
    status,
    source,
    amount,
    currency,
    merchantId: merchant.id,
    destination: merchant.bankAccount,
    createdAt: at,
    at: { [status]: at },
    phases: [],
    attempt: 0n,
  };
}

function drawOn(funds: Funds, amount: MinorUnits): Draw | Refused {
  if (funds.source === 'wallet') {
    const drawn = drawOnWallet(funds, amount);
    return drawn.kind === 'refused' ? drawn : { source: 'wallet', folds: drawn.folds };
  }
  const { credit, pool } = funds;
  if (credit === undefined) return refused('no_credit_line');
  if (creditAvailable(credit) < amount) return refused('insufficient_credit');
  if (pool.kind === 'short') return refused('insufficient_pool');
  const utilisedAfter = minor(credit.utilised + amount);
  return { source: 'credit', credit, utilisedAfter, shares: pool.shares };
}
