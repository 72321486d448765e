import { type GivenUp, type Undecided, undecided, untilDecided } from '../platform/retry.ts';
import { commit, undecidedBy } from './commit.ts';
import type { LedgerContext } from './context.ts';
import type { Label, RowWrite } from './row-writes.ts';

/** What one commit makes true, and the outcome it stands for. */
export type Attempt<Outcome> = {
  readonly kind: 'attempt';
  /** A refusal needs no preparation. */
  readonly isAccepted: boolean;
  readonly writes: readonly RowWrite[];
  readonly outcome: Outcome;
};

export type Done<Outcome> = { readonly kind: 'done'; readonly outcome: Outcome };

export type Read<Facts> = { readonly facts: Facts; readonly now: Date };

/** One decision: read, decide, prepare, commit; again after a lost race. */
export type DecisionRun<Facts, Outcome> = {
  /** At one instant, which is also the decision's. */
  readonly read: () => Promise<Read<Facts>>;
  /**
   * Before an acceptance is committed, and where the rows did not decide.
   * @returns whether it changed what was read, which is then read again.
   */
  readonly prepare: (facts: Facts, now: Date) => Promise<boolean>;
  /** `done` where an earlier run already committed the outcome. */
  readonly decide: (facts: Facts, now: Date) => Attempt<Outcome> | Done<Outcome> | Undecided;
  /** After a failed condition: the outcome, if the row that failed it tells. */
  readonly lost?: (by: Label) => Promise<Outcome | undefined>;
};
/**
 * Runs one decision until it is committed. Serves requests and scheduled withdrawals alike: a failed
 * condition never refuses by itself, the rule decides again on rows read after it.
 */
export function untilCommitted<Facts, Outcome>(
  ledger: LedgerContext,
  run: DecisionRun<Facts, Outcome>,
): Promise<Done<Outcome> | GivenUp> {
  return untilDecided(ledger.pacing, async (): Promise<Done<Outcome> | Undecided> => {
    const { facts, now } = await run.read();
    const attempt = run.decide(facts, now);
    if (attempt.kind === 'undecided') await run.prepare(facts, now);
    if (attempt.kind !== 'attempt') return attempt;
    if (attempt.isAccepted && (await run.prepare(facts, now)))
      return undecided('release', 'changed');
    const result = await commit(ledger, attempt.writes);
    switch (result.kind) {
      case 'committed':
        return { kind: 'done', outcome: attempt.outcome };
      case 'refused': {
        const outcome = await run.lost?.(result.by);
        return outcome === undefined ? undecidedBy(result) : { kind: 'done', outcome };
      }
      case 'contended':
      case 'unknown':
        return undecidedBy(result);
    }
  });
}
