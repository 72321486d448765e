import { type CreditLine, creditAvailable } from '../../ledger/balances.ts';
import { type CalendarLabels, later } from '../../ledger/calendar.ts';
import {
  type Decision,
  type Effects,
  type Refused,
  type Retry,
  refused,
  retry,
} from '../../ledger/decision.ts';
import { spend } from '../../ledger/limits.ts';
import { activeOnTerms, type Merchant, spenderOf } from '../../ledger/merchant.ts';
import type { Currency, MinorUnits } from '../../ledger/money.ts';
import { drawOnWallet, releaseFunds, type WalletFunds } from '../../ledger/pending-releases.ts';
import type { PoolOffer } from '../../ledger/pool/pool.ts';
import {
  credit,
  poolAvailable,
  poolLent,
  postingsIn,
  system,
  walletAvailable,
} from '../../ledger/postings.ts';
import type { NewTransactionOf, Source } from '../../ledger/transactions.ts';

export type WithdrawalOrder = {
  readonly amount: MinorUnits;
  readonly currency: Currency;
  readonly source: Source;
};

/** What the money comes from. */
export type Funds =
  | { readonly source: 'credit'; readonly line: CreditLine | undefined; readonly pool: PoolOffer }
  | ({ readonly source: 'wallet' } & WalletFunds);

export type WithdrawalFacts = {
  readonly merchant: Merchant | undefined;
  readonly funds: Funds;
};

/** Money taken for a withdrawal that can go to its provider: at once, or when its time has come. */
export type Execution = Effects & {
  readonly kind: 'executed';
  readonly merchant: Merchant;
  readonly labels: CalendarLabels;
};

/** Refuses in this order: the merchant's status, its limits, its own funds or credit, the pool. */
export function decideExecution(
  { merchant: found, funds }: WithdrawalFacts,
  { amount, currency }: Pick<WithdrawalOrder, 'amount' | 'currency'>,
  now: Date,
): Refused | Retry | Execution {
  const merchant = spenderOf(found);
  if ('kind' in merchant) return merchant;
  const spending = spend(merchant, currency, amount, now);
  if (spending.kind === 'refused') return spending;
  const draw = drawOn(merchant.id, funds, amount, currency);
  if ('kind' in draw) return draw;

  // From here on the withdrawal must succeed.
  return {
    kind: 'executed',
    merchant,
    labels: spending.labels,
    postings: draw.postings,
    guards: [activeOnTerms(merchant)],
    changes: [...spending.changes, ...draw.changes],
  };
}

/** With `checkMarginMs` the stream and the queue have had their time; recovery looks at it afterwards. */
type Checked = { readonly checkMarginMs: number };
type ImmediateOrder = WithdrawalOrder & Checked;

/** What is recorded of every payout whose money was taken at once. */
export const sentToProvider = ({ labels }: Execution, { checkMarginMs }: Checked, now: Date) =>
  ({
    status: 'PENDING',
    limitDay: labels.day,
    limitMonth: labels.month,
    nextCheckAt: later(now, checkMarginMs),
  }) as const;

/** A withdrawal that is carried out at once (CR-2, WD-1). */
export function decideWithdrawal(
  facts: WithdrawalFacts,
  order: ImmediateOrder,
  now: Date,
): Decision<NewTransactionOf<'withdrawal'>> {
  const execution = decideExecution(facts, order, now);
  if (execution.kind !== 'executed') return execution;
  const { merchant, postings, guards, changes } = execution;
  return {
    kind: 'accepted',
    transaction: {
      ...newWithdrawal(merchant, order),
      ...sentToProvider(execution, order, now),
    },
    postings,
    guards,
    changes,
  };
}

/** What is recorded of every withdrawal when it is asked for. */
export const newWithdrawal = (
  merchant: Merchant,
  { amount, currency, source }: WithdrawalOrder,
): Omit<NewTransactionOf<'withdrawal'>, 'status'> => ({
  type: 'withdrawal',
  source,
  amount,
  currency,
  merchantId: merchant.id,
  payout: { provider: 'bank', destination: merchant.bankAccount, attempt: 0n },
});

type Draw = Pick<Effects, 'postings' | 'changes'>;

function drawOn(
  merchantId: string,
  funds: Funds,
  amount: MinorUnits,
  currency: Currency,
): Draw | Refused | Retry {
  if (funds.source === 'wallet') {
    const draw = drawOnWallet(funds, amount);
    if (draw.kind === 'refused') return draw;
    const released = releaseFunds(merchantId, currency, draw.releases);
    const debit = postingsIn(currency, [walletAvailable(merchantId), system('clearing'), amount]);
    return { postings: [...released.postings, ...debit], changes: released.changes };
  }
  const { line, pool } = funds;
  if (line === undefined) return refused('no_credit_line');
  if (creditAvailable(line) < amount) return refused('insufficient_credit');
  if (pool.kind === 'short') return refused('insufficient_pool');
  if (pool.kind === 'retry') return retry('pool');
  return {
    postings: postingsIn(
      currency,
      [poolAvailable(pool.shares), system('clearing'), amount],
      [poolLent(pool.shares), credit(merchantId, line.limit), amount],
    ),
    changes: [],
  };
}
