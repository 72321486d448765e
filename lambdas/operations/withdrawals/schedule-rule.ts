import { later, yearsLater } from '../../ledger/calendar.ts';
import { type Decision, refused } from '../../ledger/decision.ts';
import { activeOnTerms, type Merchant, spenderOf } from '../../ledger/merchant.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';
import { newWithdrawal, type WithdrawalOrder } from './rule.ts';

export type ScheduleFacts = {
  readonly merchant: Merchant | undefined;
  /** ISO 8601 in UTC. */
  readonly executeAt: string;
};

const SOONEST_MS = 60_000;
const MOST_YEARS_AHEAD = 1;
/** A schedule fires within the minute of its time. After two minutes recovery executes it. */
const FIRST_CHECK_MS = 2 * 60_000;

/**
 * A withdrawal at a set time, from one minute to one year ahead (WD-2). No money moves yet: the balance is
 * checked when it is executed.
 */
export function decideSchedule(
  { merchant: found, executeAt }: ScheduleFacts,
  order: WithdrawalOrder,
  now: Date,
): Decision<NewTransactionOf<'withdrawal'>> {
  const merchant = spenderOf(found);
  if ('kind' in merchant) return merchant;
  if (executeAt < later(now, SOONEST_MS)) return refused('execution_too_soon');
  if (executeAt > yearsLater(now, MOST_YEARS_AHEAD).toISOString()) {
    return refused('execution_too_far');
  }
  return {
    kind: 'accepted',
    transaction: {
      ...newWithdrawal(merchant, order),
      status: 'SCHEDULED',
      executeAt,
      nextCheckAt: later(new Date(executeAt), FIRST_CHECK_MS),
    },
    postings: [],
    guards: [activeOnTerms(merchant)],
    changes: [],
  };
}
