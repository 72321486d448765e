import { type GivenUp, type Undecided, undecided, untilDecided } from '../platform/retry.ts';
import { commit, type Lost, undecidedBy } from './commit.ts';
import type { LedgerContext } from './context.ts';
import type { RowWrite } from './row-writes.ts';

type Outcomes<Outcome> = {
  readonly outcome: Outcome;
  /** Logs the outcome, once it is committed. */
  readonly committed?: () => void;
};

/** What one commit makes true, and the outcome it stands for. */
export type Attempt<Outcome> = Outcomes<Outcome> & {
  readonly kind: 'attempt';
  /** A refusal needs no preparation. */
  readonly isAccepted: boolean;
  readonly writes: readonly RowWrite[];
};

export type Done<Outcome> = Outcomes<Outcome> & { readonly kind: 'done' };

/** The rows of one instant. */
type RowsRead<Outcome> = {
  /** `done` where an earlier run already committed the outcome. */
  readonly decide: () => Attempt<Outcome> | Done<Outcome> | Undecided;
  /**
   * Before an acceptance is committed, and where the rows did not decide.
   * @returns whether it changed what was read, which is then read again.
   */
  readonly prepare: () => Promise<boolean>;
};

/** One decision: read, decide, prepare, commit; again after a lost race. */
export type DecisionRun<Outcome> = {
  readonly read: (now: Date) => Promise<RowsRead<Outcome>>;
  /** After a commit that did not happen: the outcome, if another one has decided it. */
  readonly lost?: (result: Lost) => Promise<Outcome | undefined>;
};

/**
 * Runs one decision until it is committed. Serves requests and scheduled withdrawals alike: a failed
 * condition never refuses by itself, the rule decides again on rows read after it.
 */
export function untilCommitted<Outcome>(
  ledger: LedgerContext,
  { read, lost }: DecisionRun<Outcome>,
  until?: number,
): Promise<Done<Outcome> | GivenUp> {
  const attempt = async (): Promise<Done<Outcome> | Undecided> => {
    const { decide, prepare } = await read(ledger.now());
    const decision = decide();
    if (decision.kind === 'undecided') await prepare();
    if (decision.kind === 'done') decision.committed?.();
    if (decision.kind !== 'attempt') return decision;
    if (decision.isAccepted && (await prepare())) return undecided('release', 'changed');
    const result = await commit(ledger, decision.writes);
    if (result.kind === 'committed') {
      decision.committed?.();
      return { kind: 'done', outcome: decision.outcome };
    }
    const outcome = await lost?.(result);
    return outcome === undefined ? undecidedBy(result) : { kind: 'done', outcome };
  };
  return untilDecided(ledger.pacing, attempt, until);
}
