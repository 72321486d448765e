import { type Undecided, undecided, untilDecided } from '../platform/retry.ts';
import { commit } from './commit.ts';
import type { LedgerContext } from './context.ts';
import type { Refused } from './decision.ts';
import { postChanges } from './post.ts';
import type { Change } from './row-writes.ts';

/** What the rows that were read ask for: these changes, none any more, or a refusal. */
export type ChangeDecision =
  | { readonly kind: 'accepted'; readonly changes: readonly Change[] }
  | { readonly kind: 'done' }
  | Refused;

export type ChangeRun<Facts> = {
  readonly read: () => Promise<Facts>;
  readonly decide: (facts: Facts, now: Date) => ChangeDecision;
  /** Whether the rows show the change. Asked only after a commit whose answer was lost. */
  readonly isDone: (facts: Facts) => boolean;
};
/** The rows after the change, and whether this run made it. */
export type Changed<Facts> = {
  readonly kind: 'changed';
  readonly facts: Facts;
  readonly isNew: boolean;
};

/** Makes a change that moves no money and needs no transaction row: read, decide, commit, read. */
export async function runChange<Facts>(
  ledger: LedgerContext,
  { read, decide, isDone }: ChangeRun<Facts>,
): Promise<Changed<Facts> | Refused | Undecided> {
  let isSent = false;
  let isCommitted = false;
  return untilDecided(async (): Promise<Changed<Facts> | Refused | Undecided> => {
    const facts = await read();
    // After a lost answer, the change itself may be what the rule would refuse.
    if (isCommitted || (isSent && isDone(facts))) return { kind: 'changed', facts, isNew: true };
    const decision = decide(facts, ledger.now());
    if (decision.kind === 'refused') return decision;
    if (decision.kind === 'done') return { kind: 'changed', facts, isNew: false };
    const result = await commit(ledger, postChanges(decision.changes));
    if (result.kind === 'committed') {
      isCommitted = true;
      return { kind: 'changed', facts: await read(), isNew: true };
    }
    isSent ||= result.kind === 'unknown';
    return undecided('by' in result ? result.by : result.kind);
  });
}
