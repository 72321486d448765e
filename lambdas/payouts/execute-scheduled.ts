import { leavingOf } from '../ledger/busy/joining.ts';
import { later } from '../ledger/calendar.ts';
import type { LedgerContext } from '../ledger/context.ts';
import type { Effects } from '../ledger/decision.ts';
import { merchantPk } from '../ledger/keys.ts';
import type { Merchant } from '../ledger/merchant.ts';
import { post } from '../ledger/post.ts';
import { storePhase } from '../ledger/postings.ts';
import type { Reason } from '../ledger/reasons.ts';
import { readMerchant } from '../ledger/rows/merchants.ts';
import { readTransaction, transition } from '../ledger/rows/transactions.ts';
import type { Withdrawal } from '../ledger/transactions.ts';
import { type Attempt, type DecisionRun, untilCommitted } from '../ledger/until-committed.ts';
import { prepareFunds, readFunds } from '../operations/withdrawals/funds.ts';
import { decideExecution, type Funds } from '../operations/withdrawals/rule.ts';
import { log } from '../platform/logger.ts';
import { type Undecided, undecided } from '../platform/retry.ts';
import type { SettleDeps } from './advance.ts';
import { type PayoutMessage, planExecution } from './settle-rule.ts';
import { TRANSITIONS } from './transitions.ts';

/** What became of a scheduled withdrawal in this run. */
type Result =
  | { readonly kind: 'done' }
  | { readonly kind: 'early'; readonly byMs: number }
  | { readonly kind: 'executed' }
  | { readonly kind: 'failed'; readonly reason: Reason };

/** Whether the message can be deleted, is kept for another try, or is before its time. */
export type ScheduleOutcome =
  | { readonly kind: 'done' | 'again' }
  | { readonly kind: 'early'; readonly byMs: number };

type Facts =
  | { readonly kind: 'settled'; readonly result: Result }
  | {
      readonly kind: 'due';
      readonly row: Withdrawal;
      readonly merchant: Merchant | undefined;
      readonly funds: Funds;
    };

type ExecuteDeps = Pick<SettleDeps, 'ledger' | 'busy'> & { readonly checkMarginMs: number };

/**
 * One message: a scheduled withdrawal whose time has come is executed, or fails for the reason that the
 * rule gives now (WD-2). Its row lets that happen once, however often it is fired, and never after a
 * cancellation. On a busy merchant it is left to the group, without waiting for that.
 */
export const executeScheduled =
  ({ ledger, busy, checkMarginMs }: ExecuteDeps) =>
  async (message: PayoutMessage): Promise<ScheduleOutcome> => {
    const { txnId } = message;
    const leaving = leavingOf(busy, message.merchantId, {
      messageFor: (merchantId, deadline) => ({ work: 'execution', merchantId, txnId, deadline }),
      deduplicationId: `execution|${txnId}|${ledger.now().toISOString()}`,
    });
    const result = await untilCommitted<Result | { readonly kind: 'again' }>(ledger, {
      ...executionRun(ledger, message, checkMarginMs),
      lost: async (lost) => ((await leaving.after(lost)) ? { kind: 'again' } : undefined),
    });
    if (result.kind === 'undecided') return { kind: 'again' };
    const { outcome } = result;
    return outcome.kind === 'early' || outcome.kind === 'again' ? outcome : { kind: 'done' };
  };

export function executionRun(
  ledger: LedgerContext,
  message: PayoutMessage,
  checkMarginMs: number,
): DecisionRun<Result> {
  return {
    read: async (now) => {
      const facts = await readFacts(ledger, message, now);
      return {
        decide: () =>
          facts.kind === 'due'
            ? execute(facts, now, checkMarginMs)
            : { kind: 'done', outcome: facts.result },
        prepare: async () =>
          facts.kind === 'due' &&
          prepareFunds(ledger, facts.row.merchantId, facts.funds, facts.row, now),
      };
    },
  };
}

function logResult({ txnId }: Withdrawal, result: Result): void {
  if (result.kind === 'executed') log('money', 'WITHDRAWAL_EXECUTED', { txn: txnId });
  if (result.kind === 'failed')
    log('money', 'WITHDRAWAL_NOT_EXECUTED', { txn: txnId, code: result.reason });
}

async function readFacts(
  ledger: LedgerContext,
  { merchantId, txnId }: PayoutMessage,
  now: Date,
): Promise<Facts> {
  const row = await readTransaction(ledger, merchantPk(merchantId), txnId);
  if (row?.type !== 'withdrawal') {
    log('error', 'MESSAGE_WITHOUT_TRANSACTION', { merchant: merchantId, txn: txnId });
    return { kind: 'settled', result: { kind: 'done' } };
  }
  const plan = planExecution(row, now);
  if (plan.kind !== 'now') return { kind: 'settled', result: plan };
  const [merchant, funds] = await Promise.all([
    readMerchant(ledger, merchantId),
    readFunds(ledger, merchantId, row, now),
  ]);
  return { kind: 'due', row, merchant, funds };
}

/** The rule of an immediate withdrawal, committed with the transition of the row that asked for it. */
function execute(
  { row, merchant, funds }: Extract<Facts, { kind: 'due' }>,
  now: Date,
  checkMarginMs: number,
): Attempt<Result> | Undecided {
  const decision = decideExecution({ merchant, funds }, row, now);
  const options = { at: now.toISOString(), requireLease: false };
  switch (decision.kind) {
    case 'retry':
      return undecided(decision.why, 'changed');
    case 'refused': {
      const progress = { failure: decision.reason, nextCheckAt: null };
      const failed = transition(row, TRANSITIONS.fail, progress, options);
      return attempt(
        row,
        { kind: 'failed', reason: decision.reason },
        { postings: [], guards: [], changes: [failed] },
      );
    }
    case 'executed': {
      const { labels, postings, guards, changes } = decision;
      const progress = {
        nextCheckAt: later(now, checkMarginMs),
        limitDay: labels.day,
        limitMonth: labels.month,
        phase: storePhase('accept', options.at, postings, row),
      };
      const executed = transition(row, TRANSITIONS.execute, progress, options);
      return attempt(
        row,
        { kind: 'executed' },
        { postings, guards, changes: [executed, ...changes] },
      );
    }
  }
}

const attempt = (row: Withdrawal, outcome: Result, effects: Effects): Attempt<Result> => ({
  kind: 'attempt',
  isAccepted: outcome.kind === 'executed',
  outcome,
  committed: () => logResult(row, outcome),
  writes: post([{ ...effects, txnId: row.txnId, name: 'accept' }]),
});
