import { later } from '../ledger/calendar.ts';
import { commit } from '../ledger/commit.ts';
import type { PoolMessage } from '../ledger/pool/pool.ts';
import { postChanges } from '../ledger/post.ts';
import { allPools, type OverduePayout, overduePayouts } from '../ledger/rows/next-check.ts';
import { postponeCheck } from '../ledger/rows/transactions.ts';
import { log } from '../platform/logger.ts';
import { eachOverdue, readable } from './each-overdue.ts';
import { type ReleaseDeps, recoverReleases } from './recover-releases.ts';
import type { PayoutMessage } from './settle-rule.ts';

export type RecoverDeps = ReleaseDeps & {
  /** Sends to settlement, or to be executed, as the row's status requires. */
  readonly settle: (message: PayoutMessage) => Promise<void>;
  readonly execute: (message: PayoutMessage) => Promise<void>;
  /** Sends to the rebalancer. */
  readonly rebalance: (message: PoolMessage) => Promise<void>;
  /** How long until the same row may be recovered again: longer than its message's next visibility. */
  readonly againAfterMs: number;
};

/**
 * Finds what the stream, a queue, a schedule or a worker lost (WD-2, WD-7, WD-8), releases what has matured
 * (WA-3), and sends every pool to be levelled (CR-1). Every row that is not final is checked some time after
 * its message's next visibility, so a row that is overdue here has no message left.
 */
export const recover = (deps: RecoverDeps) => async (): Promise<void> => {
  const at = deps.ledger.now();
  await Promise.all([recoverPayouts(deps, at), recoverReleases(deps, at), recoverPools(deps, at)]);
};

async function recoverPayouts(deps: RecoverDeps, at: Date): Promise<void> {
  const next = later(at, deps.againAfterMs);
  const payouts = readable(await overduePayouts(deps.ledger, at));
  await eachOverdue(
    payouts,
    ({ row }) => ({ txn: row.txnId }),
    (payout) => recoverOne(deps, payout, next),
  );
}

async function recoverOne(
  { ledger, settle, execute }: RecoverDeps,
  { row, nextCheckAt }: OverduePayout,
  next: string,
): Promise<void> {
  const { merchantId, txnId, status } = row;
  // Before the send: a crash in between costs a delay, never a second message at once.
  const moved = await commit(ledger, postChanges([postponeCheck(row, nextCheckAt, next)]));
  // Another run has it, or the next will. After a lost answer it may be this run's: one message too many
  // is harmless, one too few costs another quarter of an hour.
  if (moved.kind === 'refused' || moved.kind === 'contended') return;
  await (status === 'SCHEDULED' ? execute : settle)({ merchantId, txnId });
  log('money', 'PAYOUT_RECOVERED', { txn: txnId });
}

/** Every pool is looked at: whether it is level, only all of its rows can tell. */
async function recoverPools({ ledger, rebalance }: RecoverDeps, at: Date): Promise<void> {
  const pools = readable(await allPools(ledger, at)).map(({ currency }) => ({ currency }));
  await eachOverdue(pools, (pool) => pool, rebalance);
}
