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
import { hasPayout, type PayoutTransaction } from '../ledger/transactions.ts';
import { type Attempt, untilCommitted } from '../ledger/until-committed.ts';
import { prepareFunds, readFunds } from '../operations/withdrawals/funds.ts';
import { decideExecution, type Funds } from '../operations/withdrawals/rule.ts';
import { log } from '../platform/logger.ts';
import { type Undecided, undecided } from '../platform/retry.ts';
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
      readonly row: PayoutTransaction;
      readonly merchant: Merchant | undefined;
      readonly funds: Funds;
    };

/**
 * One message: a scheduled withdrawal whose time has come is executed, or fails for the reason that the
 * rule gives now (WD-2). Its row lets that happen once, however often it is fired, and never after a
 * cancellation.
 */
export const executeScheduled =
  (ledger: LedgerContext, checkMarginMs: number) =>
  async (message: PayoutMessage): Promise<ScheduleOutcome> => {
    const result = await untilCommitted<Facts, Result>(ledger, {
      read: async () => {
        const now = ledger.now();
        return { facts: await readFacts(ledger, message, now), now };
      },
      prepare: async (facts, now) =>
        facts.kind === 'due' &&
        prepareFunds(ledger, facts.row.merchantId, facts.funds, facts.row, now),
      decide: (facts, now) =>
        facts.kind === 'due'
          ? execute(facts, now, checkMarginMs)
          : { kind: 'done', outcome: facts.result },
    });
    return result.kind === 'undecided' ? { kind: 'again' } : logged(message, result.outcome);
  };

function logged({ txnId }: PayoutMessage, result: Result): ScheduleOutcome {
  switch (result.kind) {
    case 'executed':
      log('money', 'WITHDRAWAL_EXECUTED', { txn: txnId });
      return { kind: 'done' };
    case 'failed':
      log('money', 'WITHDRAWAL_NOT_EXECUTED', { txn: txnId, code: result.reason });
      return { kind: 'done' };
    case 'done':
    case 'early':
      return result;
  }
}

async function readFacts(
  ledger: LedgerContext,
  { merchantId, txnId }: PayoutMessage,
  now: Date,
): Promise<Facts> {
  const row = await readTransaction(ledger, merchantPk(merchantId), txnId);
  if (row === undefined || !hasPayout(row)) {
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

const attempt = (
  { txnId }: PayoutTransaction,
  outcome: Result,
  effects: Effects,
): Attempt<Result> => ({
  kind: 'attempt',
  isAccepted: outcome.kind === 'executed',
  outcome,
  writes: post([{ ...effects, txnId, name: 'accept' }]),
});
