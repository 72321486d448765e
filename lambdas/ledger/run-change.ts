import { type GivenUp, type Undecided, undecided, untilDecided } from '../platform/retry.ts';
import { commit, undecidedBy } from './commit.ts';
import type { LedgerContext } from './context.ts';
import type { Accepted, Refused } from './decision.ts';
import { post, postChanges } from './post.ts';
import type { RequestIdentity } from './request-identity.ts';
import type { Change, RowWrite } from './row-writes.ts';
import { createTransaction, stamp } from './rows/transactions.ts';

/** What the rows that were read ask for: these changes, none any more, or a refusal. */
export type ChangeDecision =
  | { readonly kind: 'accepted'; readonly changes: readonly Change[] }
  /** Recorded as a transaction, as every change of a row that holds a balance. */
  | Accepted
  | { readonly kind: 'done' }
  | Refused;

export type ChangeRun<Facts> = {
  readonly read: () => Promise<Facts>;
  readonly decide: (facts: Facts, now: Date) => ChangeDecision;
  /** Whether the rows show the change. Asked only after a commit whose answer was lost. */
  readonly isDone: (facts: Facts) => boolean;
  /** Raised by every change that could hide this one; undefined where none can. */
  readonly versionOf: (facts: Facts) => bigint | undefined;
  readonly committed: (facts: Facts) => void;
  /** Of the transaction that records it. */
  readonly identity?: Omit<RequestIdentity, 'responseId'>;
};
/** The rows with the change. */
export type Changed<Facts> = { readonly kind: 'changed'; readonly facts: Facts };

/**
 * Makes a change that needs no key, because a repeat finds it made: read, decide, commit, read. After a lost
 * answer it is not repeated over a later change: rows that moved on without showing it stay undecided.
 */
export async function runChange<Facts>(
  ledger: LedgerContext,
  { read, decide, isDone, versionOf, committed, identity }: ChangeRun<Facts>,
): Promise<Changed<Facts> | Refused | GivenUp> {
  let sent: Facts | undefined;
  let isCommitted = false;
  return untilDecided(ledger.pacing, async (): Promise<Changed<Facts> | Refused | Undecided> => {
    const facts = await read();
    if (isCommitted) return { kind: 'changed', facts };
    if (sent !== undefined) {
      if (isDone(facts)) {
        committed(facts);
        return { kind: 'changed', facts };
      }
      if (versionOf(facts) !== versionOf(sent)) return undecided('unknown', 'unknown');
    }
    const now = ledger.now();
    const decision = decide(facts, now);
    if (decision.kind === 'refused') return decision;
    if (decision.kind === 'done') return { kind: 'changed', facts };
    const result = await commit(ledger, writesOf(decision, identity, now));
    if (result.kind === 'committed') {
      isCommitted = true;
      committed(facts);
      return { kind: 'changed', facts: await read() };
    }
    if (result.kind === 'unknown') sent ??= facts;
    return undecidedBy(result);
  });
}

function writesOf(
  decision: Extract<ChangeDecision, { kind: 'accepted' }>,
  identity: ChangeRun<unknown>['identity'],
  now: Date,
): readonly RowWrite[] {
  if (!('transaction' in decision)) return postChanges(decision.changes);
  if (identity === undefined) throw new Error('a change is recorded under no identity');
  const record = createTransaction(stamp(decision, identity, now, 'accept'));
  const changes = [record, ...decision.changes];
  return post([{ ...decision, changes, txnId: identity.txnId, name: 'accept' }]);
}
