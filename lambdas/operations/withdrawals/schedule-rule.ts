import { later, yearsLater } from '../../ledger/calendar.ts';
import { type Merchant, spenderOf } from '../../ledger/merchant.ts';
import { type Refused, refused } from '../../ledger/reasons.ts';
import type { Transaction } from '../../ledger/transactions.ts';
import { type AcceptedWithdrawal, newWithdrawal, type WithdrawalOrder } from './rule.ts';

export type ScheduleFacts = {
  readonly merchant: Merchant | undefined;
  readonly executeAt: string;
};

const SOONEST_MS = 60_000;
const MOST_YEARS_AHEAD = 1;
/** A schedule fires within the minute of its time: after two, the sweep may take it for lost. */
const DUE_AFTER_SCHEDULE_MS = 2 * 60_000;

/**
 * A withdrawal at a set time, from one minute to one year ahead (WD-2). No money moves yet, and whether
 * there will be any is seen when its time has come.
 */
export function decideSchedule(
  { merchant, executeAt }: ScheduleFacts,
  order: WithdrawalOrder,
  now: Date,
): Refused | AcceptedWithdrawal {
  const spender = spenderOf(merchant);
  if ('kind' in spender) return spender;
  if (executeAt < later(now, SOONEST_MS)) return refused('execution_too_soon');
  if (executeAt > yearsLater(now, MOST_YEARS_AHEAD).toISOString()) {
    return refused('execution_too_far');
  }
  return {
    kind: 'accepted',
    folds: [],
    merchant: spender,
    execution: undefined,
    transaction: {
      ...newWithdrawal(spender, order, 'SCHEDULED', now),
      executeAt,
      due: later(new Date(executeAt), DUE_AFTER_SCHEDULE_MS),
    },
  };
}

/** Whether a withdrawal is to be carried out now; a firing that is late or doubled finds it carried out. */
export function planCarryOut(
  { status, executeAt = '' }: Transaction,
  now: Date,
):
  | { readonly kind: 'now' }
  | { readonly kind: 'early'; readonly byMs: number }
  | { readonly kind: 'over' } {
  if (status !== 'SCHEDULED') return { kind: 'over' };
  const byMs = Date.parse(executeAt) - now.getTime();
  return byMs > 0 ? { kind: 'early', byMs } : { kind: 'now' };
}
