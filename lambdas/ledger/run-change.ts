import { type GivenUp, type Undecided, undecided, untilDecided } from '../platform/retry.ts';
import { commit, undecidedBy } from './commit.ts';
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
  /** Raised by every change that could hide this one; undefined where none can. */
  readonly versionOf: (facts: Facts) => bigint | undefined;
  readonly committed: (facts: Facts) => void;
};
/** The rows with the change. */
export type Changed<Facts> = { readonly kind: 'changed'; readonly facts: Facts };

/**
 * Makes a change that moves no money and needs no transaction row: read, decide, commit, read. After a lost
 * answer it is not repeated over a later change: rows that moved on without showing it stay undecided.
 */
export async function runChange<Facts>(
  ledger: LedgerContext,
  { read, decide, isDone, versionOf, committed }: ChangeRun<Facts>,
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
    const decision = decide(facts, ledger.now());
    if (decision.kind === 'refused') return decision;
    if (decision.kind === 'done') return { kind: 'changed', facts };
    const result = await commit(ledger, postChanges(decision.changes));
    if (result.kind === 'committed') {
      isCommitted = true;
      committed(facts);
      return { kind: 'changed', facts: await read() };
    }
    if (result.kind === 'unknown') sent ??= facts;
    return undecidedBy(result);
  });
}
