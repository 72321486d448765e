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

const MOST_YEARS_AHEAD = 1;
/** Its message arrives at its time. A minute later recovery takes it for lost. */
const FIRST_CHECK_MS = 60_000;

/** The first instant of the second after this one. */
const nextSecond = (now: Date): string => later(now, 1_000 - now.getUTCMilliseconds());

/**
 * A withdrawal at a set time, from the next second to one year ahead (WD-2). No money moves yet: the balance
 * is checked when it is executed.
 */
export function decideSchedule(
  { merchant: found, executeAt }: ScheduleFacts,
  order: WithdrawalOrder,
  now: Date,
): Decision<NewTransactionOf<'withdrawal'>> {
  const merchant = spenderOf(found);
  if ('kind' in merchant) return merchant;
  if (executeAt < nextSecond(now)) return refused('execution_too_soon');
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
