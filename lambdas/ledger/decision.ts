import type { Posting } from './postings.ts';
import type { PlainReason, Reason, ValueName } from './reasons.ts';
import type { Change, Guard } from './row-writes.ts';
import type { NewTransaction } from './transactions.ts';

/** What a phase of a transaction does: everything that one commit writes beside the transaction's row. */
export type Effects = {
  readonly postings: readonly Posting[];
  readonly guards: readonly Guard[];
  readonly changes: readonly Change[];
};

export type Refused = {
  readonly kind: 'refused';
  readonly reason: Reason;
  /** What the reason's texts state: amounts with all decimals, times in UTC. */
  readonly values?: Readonly<Record<string, string>>;
  /** What must still hold when it is committed, where another reason would come first otherwise. */
  readonly guards?: readonly Guard[];
};
/** A refusal does not compile without the values that its texts state. */
export const refused = <Of extends Reason>(
  reason: Of,
  ...values: [ValueName<Of>] extends [never] ? [] : [Readonly<Record<ValueName<Of>, string>>]
): Refused => {
  const [stated] = values;
  return { kind: 'refused', reason, ...(stated !== undefined && { values: stated }) };
};
/** A reason that says everything stands for its refusal. */
export type Refusal = PlainReason | Refused;

/** The rows that were read do not decide it; reading them again may. */
export type Retry = { readonly kind: 'retry'; readonly why: string };
export const retry = (why: string): Retry => ({ kind: 'retry', why });

export type Accepted<New extends NewTransaction = NewTransaction> = Effects & {
  readonly kind: 'accepted';
  readonly transaction: New;
};

/** What a rule answers. */
export type Decision<New extends NewTransaction = NewTransaction> = Accepted<New> | Refused | Retry;
