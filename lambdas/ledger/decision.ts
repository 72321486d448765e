import type { Posting } from './postings.ts';
import type { Reason } from './reasons.ts';
import type { Change, Guard } from './row-writes.ts';
import type { NewTransaction } from './transactions.ts';

/** What a phase of a transaction does: everything that one commit writes beside the transaction's row. */
export type Effects = {
  readonly postings: readonly Posting[];
  readonly guards: readonly Guard[];
  readonly changes: readonly Change[];
};

export type Refused = { readonly kind: 'refused'; readonly reason: Reason };
export const refused = (reason: Reason): Refused => ({ kind: 'refused', reason });

/** The rows that were read do not decide it; reading them again may. */
export type Retry = { readonly kind: 'retry'; readonly why: string };
export const retry = (why: string): Retry => ({ kind: 'retry', why });

export type Accepted<New extends NewTransaction = NewTransaction> = Effects & {
  readonly kind: 'accepted';
  readonly transaction: New;
};

/** What a rule answers. */
export type Decision<New extends NewTransaction = NewTransaction> = Accepted<New> | Refused | Retry;
