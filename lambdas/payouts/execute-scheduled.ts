import { commit, type LabelledWrite } from '../ledger/commit.ts';
import { merchantPk } from '../ledger/keys.ts';
import { foldAhead } from '../ledger/release.ts';
import { readMerchant } from '../ledger/rows/merchants.ts';
import { moveTransaction, readTransaction } from '../ledger/rows/transactions.ts';
import { withdrawalWrites } from '../ledger/rows/withdrawal-writes.ts';
import type { Ledger } from '../ledger/table.ts';
import type { Transaction } from '../ledger/transactions.ts';
import { readFunds } from '../operations/withdrawals/funds.ts';
import { decideExecution, type Execution, foldsOf } from '../operations/withdrawals/rule.ts';
import { planCarryOut } from '../operations/withdrawals/schedule-rule.ts';
import { log } from '../platform/logger.ts';
import { type Undecided, undecided, untilDecided } from '../platform/retry.ts';
import type { WithdrawalMessage } from './settle-rule.ts';

export type CarryOutDeps = { readonly ledger: Ledger; readonly now: () => Date };
type Done = { readonly kind: 'done' };
const DONE: Done = { kind: 'done' };

/** Whether the message may go, must come again, or must not before its time. */
export type DueVerdict = Done | { readonly kind: 'again' } | Early;
type Early = { readonly kind: 'early'; readonly byMs: number };

/**
 * One message: a scheduled withdrawal whose time has come is carried out, or fails for what stands in its
 * way now (WD-2). Its row lets that happen once, however often it is fired, and never after a cancellation.
 */
export const carryOutDue =
  (deps: CarryOutDeps) =>
  async ({ merchantId, txnId }: WithdrawalMessage): Promise<DueVerdict> => {
    const result = await untilDecided(async (): Promise<Done | Early | Undecided> => {
      const at = deps.now();
      const row = await readTransaction(deps.ledger, merchantPk(merchantId), txnId);
      if (row === undefined) {
        log('error', 'MESSAGE_WITHOUT_TRANSACTION', { merchant: merchantId, txn: txnId });
        return DONE;
      }
      const plan = planCarryOut(row, at);
      switch (plan.kind) {
        case 'over':
          return DONE;
        case 'early':
          return plan;
        case 'now':
          return carryOut(deps, merchantId, row, at);
      }
    });
    return result.kind === 'undecided' ? { kind: 'again' } : result;
  };

async function carryOut(
  { ledger }: CarryOutDeps,
  merchantId: string,
  row: Transaction,
  at: Date,
): Promise<Done | Undecided> {
  const [merchant, funds] = await Promise.all([
    readMerchant(ledger, merchantId),
    readFunds(ledger, merchantId, row, row.source ?? 'credit', at),
  ]);
  const decision = decideExecution({ merchant, funds }, row, at);
  if (decision.kind === 'refused') {
    const progress = { failure: decision.reason, due: null };
    const failed = moveTransaction(ledger, row, 'fail', at.toISOString(), progress, 'fact');
    return committed(ledger, row, [failed], decision.reason);
  }
  if (await foldAhead(ledger, merchantId, row.currency, foldsOf(decision.draw), at)) {
    return undecided('release');
  }
  return committed(ledger, row, executionWrites(ledger, row, decision, at));
}

const executionWrites = (
  ledger: Ledger,
  row: Transaction,
  execution: Execution,
  at: Date,
): readonly LabelledWrite[] => [
  moveTransaction(ledger, row, 'execute', at.toISOString(), execution.record, 'fact'),
  ...withdrawalWrites(ledger, execution, row, row.txnId),
];

/** Anything but a commit reads the row again, and decides again on what it says then. */
async function committed(
  ledger: Ledger,
  { txnId }: Transaction,
  writes: readonly LabelledWrite[],
  failure?: string,
): Promise<Done | Undecided> {
  const result = await commit(ledger.dynamo, writes);
  if (result.kind !== 'committed') return undecided('by' in result ? result.by : result.kind);
  if (failure === undefined) log('money', 'WITHDRAWAL_EXECUTED', { txn: txnId });
  else log('money', 'WITHDRAWAL_NOT_EXECUTED', { txn: txnId, code: failure });
  return DONE;
}
