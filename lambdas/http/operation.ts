import type { LabelledWrite } from '../ledger/commit.ts';
import type { Tranche } from '../ledger/pending-releases.ts';
import type { Refused } from '../ledger/reasons.ts';
import type { Draft, Transaction } from '../ledger/transactions.ts';
import type { Success } from './response.ts';
import type { Call } from './router.ts';

/** Part of every transaction id and of every idempotency key: never rename one. */
type OperationName = 'withdrawal' | 'approval' | 'top-up' | 'deposit' | 'archive' | 'transfer';

export type Acceptance = {
  readonly transaction: Draft;
  /** Matured tranches that pay for it; more than one transaction takes are folded ahead of it. */
  readonly folds?: readonly Tranche[];
};

/** An operation that moves money or a limit: read, decide, one transaction, reply. */
export type MoneyOperation<Input, Facts, Accepted extends Acceptance> = {
  readonly name: OperationName;
  /** The partition of the row it concerns, where its transaction is kept. */
  readonly subject: (input: Input, call: Call) => string;
  /** At one instant, which is also the decision's. */
  readonly read: (input: Input, call: Call, now: Date) => Promise<Facts>;
  readonly decide: (
    facts: Facts,
    input: Input,
    now: Date,
  ) => Refused | (Accepted & { readonly kind: 'accepted' });
  /** All that changes beside the transaction's own row. */
  readonly writes: (accepted: Accepted, txnId: string) => readonly LabelledWrite[];
  /** A pure function of what never changes in the row: a replay years later is rendered from it. */
  readonly reply: (transaction: Transaction) => Success;
};
