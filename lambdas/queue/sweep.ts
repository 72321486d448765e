import type { SettlementMessage } from '../domain/settlement.ts';
import { log } from '../runtime/observe.ts';
import { commit } from '../store/commit.ts';
import { overdue, postponeDue } from '../store/due.ts';
import type { Ledger } from '../store/ledger.ts';

export type SweepDeps = {
  readonly ledger: Ledger;
  readonly send: (message: SettlementMessage) => Promise<void>;
  readonly now: () => Date;
  /** How long until a row that was swept may be swept again: longer than its message's next turn. */
  readonly againAfterMs: number;
};

/** Of each of the 16 buckets, in one run; what is left is still due a minute later. */
const MOST_OF_A_BUCKET = 100;

/**
 * Finds again whatever the stream, the queue or a worker lost (WD-7, WD-8). Every row that is not final
 * is due some time after its message's next turn, so what is due here has no message left.
 */
export const sweep =
  ({ ledger, send, now, againAfterMs }: SweepDeps) =>
  async (): Promise<void> => {
    const at = now();
    const next = new Date(at.getTime() + againAfterMs).toISOString();
    for (const row of await overdue(ledger, at, MOST_OF_A_BUCKET)) {
      const { merchantId, txnId } = row;
      if (merchantId === undefined) continue;
      // Before the send, not after: a crash in between costs a delay, never a second message at once.
      const moved = await commit(ledger.dynamo, [postponeDue(ledger, row, next)]);
      if (moved.kind !== 'committed') continue;
      await send({ merchantId, txnId });
      log('money', 'WITHDRAWAL_SWEPT', { txn: txnId });
    }
  };
