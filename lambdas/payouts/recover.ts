import { later } from '../ledger/calendar.ts';
import { commit } from '../ledger/commit.ts';
import { overdue, postponeDue } from '../ledger/rows/next-check.ts';
import type { Ledger } from '../ledger/table.ts';
import type { Transaction } from '../ledger/transactions.ts';
import { inLanes } from '../platform/lanes.ts';
import { log } from '../platform/logger.ts';
import { sweepTranches } from './recover-releases.ts';
import type { WithdrawalMessage } from './settle-rule.ts';

export type SweepDeps = {
  readonly ledger: Ledger;
  /** To settlement, or to be carried out, as the row's status asks for. */
  readonly settle: (message: WithdrawalMessage) => Promise<void>;
  readonly carryOut: (message: WithdrawalMessage) => Promise<void>;
  readonly now: () => Date;
  /** How long until a row that was swept may be swept again: longer than its message's next turn. */
  readonly againAfterMs: number;
};

/**
 * Finds again whatever the stream, a queue, a schedule or a worker lost (WD-2, WD-7, WD-8), and folds what
 * has matured (WA-3). Every row that is not final is due some time after its message's next turn, so what
 * is due here has no message left.
 */
export const sweep = (deps: SweepDeps) => async (): Promise<void> => {
  const at = deps.now();
  await Promise.all([sweepWithdrawals(deps, at), sweepTranches(deps.ledger, at)]);
};

async function sweepWithdrawals(deps: SweepDeps, at: Date): Promise<void> {
  const next = later(at, deps.againAfterMs);
  const { rows, failures } = await overdue(deps.ledger, at);
  for (const failure of failures) log('error', 'ROW_UNREADABLE', {}, failure);
  const named = ({ txnId }: Transaction) => ({ txn: txnId });
  await inLanes(rows, named, (row) => sweepOne(deps, row, next));
}

async function sweepOne(deps: SweepDeps, row: Transaction, next: string): Promise<void> {
  const { ledger, settle, carryOut } = deps;
  const { merchantId, txnId, status } = row;
  if (merchantId === undefined) return;
  // Before the send, not after: a crash in between costs a delay, never a second message at once.
  const moved = await commit(ledger.dynamo, [postponeDue(ledger, row, next)]);
  // Another sweep has it, or the next will. After a lost answer it may be ours: a message too many is
  // harmless, one too few is another quarter of an hour.
  if (moved.kind === 'refused' || moved.kind === 'contended') return;
  await (status === 'SCHEDULED' ? carryOut : settle)({ merchantId, txnId });
  log('money', 'WITHDRAWAL_SWEPT', { txn: txnId });
}
