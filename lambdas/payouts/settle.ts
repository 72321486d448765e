import { later } from '../ledger/calendar.ts';
import { commit, type LabelledWrite } from '../ledger/commit.ts';
import { merchantPk } from '../ledger/keys.ts';
import { refundPostings, settlePostings, unspendPostings } from '../ledger/postings.ts';
import { readCredit, readMerchant } from '../ledger/rows/merchants.ts';
import { refundWrites } from '../ledger/rows/settlement-writes.ts';
import { moveTransaction, type Progress, readTransaction } from '../ledger/rows/transactions.ts';
import type { Ledger } from '../ledger/table.ts';
import { type Transaction, transactionRow, type WithdrawalMove } from '../ledger/transactions.ts';
import { log } from '../platform/logger.ts';
import { settled, undecided, untilDecided } from '../platform/retry.ts';
import type { Bank, Payout } from './providers/provider.ts';
import { type BankAnswer, mayResend, planClaim, type WithdrawalMessage } from './settle-rule.ts';

export type SettleDeps = {
  readonly ledger: Ledger;
  readonly bank: Bank;
  readonly now: () => Date;
  readonly timers: {
    /** All calls of one claim. */
    readonly claimMs: number;
    readonly leaseMs: number;
    readonly visibilityMs: number;
    readonly quietMs: number;
  };
};

/** Whether the message may go, must come again, or must wait a good while. */
export type Verdict = 'done' | 'again' | 'held';

/** A held message comes back after this long, the longest that keeps it well inside one receive. */
export const HELD_SECONDS = 900;
/** How long after a message's next turn the sweep may take it for lost. */
const DUE_MARGIN_MS = 15 * 60_000;

/** One message: claim the withdrawal under a lease, ask or pay the bank, record what it said. */
export const settle =
  (deps: SettleDeps) =>
  async ({ merchantId, txnId }: WithdrawalMessage): Promise<Verdict> => {
    const [row, merchant] = await Promise.all([
      readTransaction(deps.ledger, merchantPk(merchantId), txnId),
      readMerchant(deps.ledger, merchantId),
    ]);
    if (row === undefined || merchant === undefined) {
      // No row of ours has this id, so there is no money that a retry could help.
      log('error', 'MESSAGE_WITHOUT_TRANSACTION', { merchant: merchantId, txn: txnId });
      return 'done';
    }
    const plan = planClaim(row, merchant.status, deps.now());
    switch (plan.kind) {
      case 'done':
        return 'done';
      case 'leased':
        log('money', 'WITHDRAWAL_LEASED', { txn: txnId });
        return 'again';
      case 'held':
        return hold(deps, row);
      case 'claim': {
        const claimed = await claim(deps, row, plan.first);
        return claimed === undefined ? 'again' : carryOut(deps, claimed, plan.first);
      }
    }
  };

const move = (
  { ledger }: SettleDeps,
  row: Transaction,
  name: WithdrawalMove,
  at: Date,
  progress: Progress,
  fence: 'fenced' | 'fact' = 'fenced',
): LabelledWrite => moveTransaction(ledger, row, name, at.toISOString(), progress, fence);

/** The row's next due time: after the message's next turn, so that it passes only if the message is gone. */
const dueAfter = ({ timers }: SettleDeps, at: Date, waitMs = timers.visibilityMs): string =>
  later(at, waitMs + DUE_MARGIN_MS);

/** A suspended merchant's money does not leave; nor is it taken for lost while it waits. */
async function hold(deps: SettleDeps, row: Transaction): Promise<Verdict> {
  const at = deps.now();
  const due = dueAfter(deps, at, HELD_SECONDS * 1_000);
  await commit(deps.ledger.dynamo, [move(deps, row, 'hold', at, { due })]);
  log('money', 'WITHDRAWAL_HELD', { txn: row.txnId });
  return 'held';
}

/** Takes the lease, or finds that somebody else has. */
async function claim(
  deps: SettleDeps,
  row: Transaction,
  first: 'send' | 'ask',
): Promise<Transaction | undefined> {
  const at = deps.now();
  const taken = {
    attempt: (row.attempt ?? 0n) + 1n,
    leaseUntil: later(at, deps.timers.leaseMs),
    due: dueAfter(deps, at),
    ...(first === 'send' && { sentAt: at.toISOString() }),
  };
  const result = await untilDecided(async () => {
    const outcome = await commit(deps.ledger.dynamo, [move(deps, row, 'claim', at, taken)]);
    // Not after a lost answer: the lease may be ours, but then nobody knows what was read under it.
    return outcome.kind === 'contended' ? undecided(outcome.by) : outcome;
  });
  if (result.kind !== 'committed') return undefined;
  log('money', 'WITHDRAWAL_CLAIMED', { txn: row.txnId, attempt: Number(taken.attempt) });
  return { ...row, ...taken, status: 'PROCESSING' };
}

async function carryOut(
  deps: SettleDeps,
  claimed: Transaction,
  first: 'send' | 'ask',
): Promise<Verdict> {
  const until = AbortSignal.timeout(deps.timers.claimMs);
  const payout = payoutOf(claimed);
  if (first === 'send') return record(deps, claimed, await deps.bank.pay(payout, until));

  const known = await deps.bank.inquire(payout, until);
  if (known.kind !== 'not_found' || !mayResend(claimed, deps.now(), deps.timers.quietMs)) {
    return record(deps, claimed, known);
  }
  // The fence stands before the send: a worker that lost its lease may not send again.
  const at = deps.now();
  const sentAt = at.toISOString();
  const result = await commit(deps.ledger.dynamo, [move(deps, claimed, 'wait', at, { sentAt })]);
  if (result.kind !== 'committed') return 'again';
  return record(deps, { ...claimed, sentAt }, await deps.bank.pay(payout, until));
}

const payoutOf = ({ txnId, destination, amount, currency }: Transaction): Payout => ({
  key: txnId,
  account: destination ?? '',
  amount,
  currency,
});

/** Writes down what the bank said, and releases the lease; where even that fails, the lease runs out. */
function record(deps: SettleDeps, row: Transaction, answer: BankAnswer): Promise<Verdict> {
  switch (answer.kind) {
    case 'succeeded':
      return succeed(deps, row, answer.reference);
    case 'refused':
      return refund(deps, row, answer.code);
    case 'not_executed':
      log('error', 'BANK_NOT_EXECUTED', { txn: row.txnId, why: answer.why });
      return putBack(deps, row, 'release', { sentAt: null });
    case 'not_found':
    case 'unclear':
      log('error', 'BANK_UNCLEAR', {
        txn: row.txnId,
        why: answer.kind === 'unclear' ? answer.why : 'not found',
      });
      return putBack(deps, row, 'wait', {});
  }
}

/** Leaves the withdrawal to its message's next turn. */
async function putBack(
  deps: SettleDeps,
  row: Transaction,
  name: 'release' | 'wait',
  progress: Progress,
): Promise<Verdict> {
  const at = deps.now();
  const free: Progress = { ...progress, leaseUntil: null, due: dueAfter(deps, at) };
  // If even this is lost, the lease runs out by itself, and the next try asks the bank first.
  await untilDecided(async () =>
    settled(await commit(deps.ledger.dynamo, [move(deps, row, name, at, free)])),
  );
  return 'again';
}

const FINISHED = { leaseUntil: null, due: null } as const satisfies Progress;

async function succeed(deps: SettleDeps, row: Transaction, bankRef: string): Promise<Verdict> {
  const at = deps.now();
  const phase = {
    name: 'settle' as const,
    at: at.toISOString(),
    postings: settlePostings(row.amount),
  };
  const result = await untilDecided(async () =>
    settled(
      await commit(deps.ledger.dynamo, [
        move(deps, row, 'succeed', at, { ...FINISHED, bankRef, phase }, 'fact'),
      ]),
    ),
  );
  if (result.kind === 'undecided') return 'again';
  if (result.kind === 'committed') {
    log('money', 'WITHDRAWAL_SUCCEEDED', { txn: row.txnId });
    return 'done';
  }
  return afterTheFact(row, result.existing);
}

/** Somebody finished it before us: the same success, or a refund of money that the bank has now paid. */
function afterTheFact(row: Transaction, existing: unknown): Verdict {
  const { data: now } = transactionRow.safeParse(existing);
  if (now?.status !== 'SUCCEEDED') {
    log('error', 'SUCCESS_AFTER_REFUND', { txn: row.txnId, severity: 'critical' });
  }
  return 'done';
}

/** FAILED and the money back where it came from, in one transaction, on the bank's word only. */
async function refund(deps: SettleDeps, row: Transaction, code: string): Promise<Verdict> {
  const { ledger } = deps;
  const merchantId = row.merchantId ?? '';
  const result = await untilDecided(async () => {
    const [merchant, credit] = await Promise.all([
      readMerchant(ledger, merchantId),
      row.source === 'credit' ? readCredit(ledger, merchantId, row.currency) : undefined,
    ]);
    if (merchant === undefined || (row.source === 'credit' && credit === undefined)) {
      throw new Error(`nobody to refund for ${row.txnId}`);
    }
    const at = deps.now();
    const given =
      credit === undefined
        ? unspendPostings(row.amount)
        : refundPostings(row.amount, credit.utilised);
    const phase = { name: 'refund' as const, at: at.toISOString(), postings: given };
    const outcome = await commit(ledger.dynamo, [
      move(deps, row, 'refund', at, { ...FINISHED, failure: code, phase }),
      ...refundWrites(ledger, row, { merchant, credit }, given),
    ]);
    // Only the transaction's own row can say that it is final already; any other is read and tried again.
    if (outcome.kind === 'refused' && outcome.by !== 'transaction') return undecided(outcome.by);
    return settled(outcome);
  });
  if (result.kind === 'committed') log('money', 'WITHDRAWAL_REFUNDED', { txn: row.txnId, code });
  return result.kind === 'committed' ? 'done' : 'again';
}
