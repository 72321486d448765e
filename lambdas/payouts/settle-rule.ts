import * as z from 'zod';
import { type CreditLine, utilisedAsRead } from '../ledger/balances.ts';
import { uncountSpending } from '../ledger/counters.ts';
import type { Effects } from '../ledger/decision.ts';
import type { Merchant, MerchantStatus } from '../ledger/merchant.ts';
import { minor, smaller } from '../ledger/money.ts';
import { type PoolShare, partOf, returnedTo } from '../ledger/pool/pool.ts';
import {
  credit,
  type Posting,
  poolAvailable,
  poolLent,
  postingsIn,
  sharesOf,
  system,
  walletAvailable,
} from '../ledger/postings.ts';
import { isFinal, type PayoutTransaction, type Withdrawal } from '../ledger/transactions.ts';

/** What travels through the queues: which row to look at. The row decides everything else. */
export const payoutMessage = z.object({
  merchantId: z.string().min(1),
  txnId: z.string().min(1),
});
export type PayoutMessage = z.infer<typeof payoutMessage>;

/** Whether the message can be deleted, is kept for another try, or is postponed for a long time. */
export type MessageOutcome = 'done' | 'again' | 'held';

export type ClaimPlan =
  | { readonly kind: 'done' }
  /** A suspended merchant's payout that has not left is held until the merchant is reactivated. */
  | { readonly kind: 'held' }
  /** Another worker holds the lease. */
  | { readonly kind: 'leased' }
  /** Only the very first attempt may send without querying the provider first. */
  | { readonly kind: 'claim'; readonly first: 'send' | 'inquire' };

export function planClaim(
  { status, payout: { leaseUntil, attempt } }: PayoutTransaction,
  merchantStatus: MerchantStatus,
  claimable: readonly string[],
  now: Date,
): ClaimPlan {
  if (isFinal(status)) return { kind: 'done' };
  if (leaseUntil !== undefined && leaseUntil > now.toISOString()) return { kind: 'leased' };
  if (!claimable.includes(status)) return { kind: 'done' };
  if (merchantStatus === 'SUSPENDED' && status === 'PENDING') return { kind: 'held' };
  return { kind: 'claim', first: attempt === 0n ? 'send' : 'inquire' };
}

/**
 * Sending again is allowed once no request that was sent can still be under way. `sentAt` is recorded before
 * the calls of a claim, so that the last of them may leave `claimMs` later.
 */
export const mayResend = (
  { payout: { sentAt } }: PayoutTransaction,
  now: Date,
  { claimMs, quietMs }: { readonly claimMs: number; readonly quietMs: number },
): boolean => sentAt === undefined || now.getTime() - Date.parse(sentAt) > claimMs + quietMs;

/** Whether a scheduled withdrawal is to be executed now. A late or repeated firing finds it executed. */
export type ExecutionPlan =
  | { readonly kind: 'now' }
  | { readonly kind: 'early'; readonly byMs: number }
  | { readonly kind: 'done' };

export function planExecution({ status, executeAt }: Withdrawal, now: Date): ExecutionPlan {
  if (status !== 'SCHEDULED' || executeAt === undefined) return { kind: 'done' };
  const byMs = Date.parse(executeAt) - now.getTime();
  return byMs > 0 ? { kind: 'early', byMs } : { kind: 'now' };
}

/** What the provider executed leaves the ledger. */
export const settlePostings = ({
  amount,
  currency,
  payout: { provider },
}: PayoutTransaction): readonly Posting[] =>
  postingsIn(currency, [system('clearing'), system(provider), amount]);

export type RefundFacts = {
  readonly merchant: Merchant;
  /** Of a payout from credit. */
  readonly line: CreditLine | undefined;
  /** Those of the shards that paid which are open. */
  readonly open: ReadonlySet<string>;
};

/** The rows of the pool that paid, and how much each. */
export function paidBy({ phases }: PayoutTransaction): readonly PoolShare[] {
  const accepted = phases.find(({ name }) => name === 'accept');
  return accepted === undefined ? [] : sharesOf(accepted);
}

/**
 * Returns a refused payout to where it came from (WD-6), and lowers the counters that still count it. A
 * refund asks neither whether the merchant is active nor whether its wallet is open.
 * @throws where a payout from credit has no credit line: nothing may be guessed about its money.
 */
export function refundEffects(row: PayoutTransaction, facts: RefundFacts): Effects {
  const { merchant, line, open } = facts;
  const { amount, currency, merchantId, limitDay: day, limitMonth: month } = row;
  const uncounted = uncountSpending(merchant, currency, amount, { day, month });
  const changes = uncounted === undefined ? [] : [uncounted];
  switch (row.source) {
    case 'wallet':
      return {
        postings: postingsIn(currency, [system('clearing'), walletAvailable(merchantId), amount]),
        guards: [],
        changes,
      };
    case 'credit':
      if (line === undefined) throw new Error(`${row.txnId} has no credit line to return to`);
      return { ...creditRefund(row, line, open), changes };
  }
}

/**
 * What is still utilised returns to credit and pool, there to the shards that paid, as far as they are open.
 * The merchant may have reduced its credit while the payout was in flight; the rest is then its own money. A
 * split holds only for exactly what was read.
 */
function creditRefund(
  row: PayoutTransaction,
  line: CreditLine,
  open: ReadonlySet<string>,
): Pick<Effects, 'postings' | 'guards'> {
  const { amount, currency, merchantId } = row;
  const toCredit = minor(smaller(amount, line.utilised));
  const shares = returnedTo(open, partOf(paidBy(row), toCredit));
  return {
    postings: postingsIn(
      currency,
      [system('clearing'), poolAvailable(shares), toCredit],
      [credit(merchantId), poolLent(shares), toCredit],
      [system('clearing'), walletAvailable(merchantId), minor(amount - toCredit)],
    ),
    guards: toCredit === amount ? [] : [utilisedAsRead(merchantId, line)],
  };
}
