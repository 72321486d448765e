import type { BusyMerchants } from '../ledger/busy/busy-merchants.ts';
import { later } from '../ledger/calendar.ts';
import { commit } from '../ledger/commit.ts';
import type { LedgerContext } from '../ledger/context.ts';
import type { Effects } from '../ledger/decision.ts';
import { post } from '../ledger/post.ts';
import { type PhaseName, storePhase } from '../ledger/postings.ts';
import type { RowWrite } from '../ledger/row-writes.ts';
import { type Progress, transition } from '../ledger/rows/transactions.ts';
import type { PayoutTransaction } from '../ledger/transactions.ts';
import type { Providers } from './providers/provider.ts';
import { TRANSITIONS } from './transitions.ts';

export type SettleDeps = {
  readonly ledger: LedgerContext;
  readonly busy: BusyMerchants;
  readonly providers: Providers;
  readonly timers: {
    /** All calls of one claim. */
    readonly claimMs: number;
    readonly leaseMs: number;
    readonly visibilityMs: number;
    readonly quietMs: number;
    /** How long after a message's next visibility recovery may take it for lost. */
    readonly checkMarginMs: number;
  };
};

export const NOTHING: Effects = { postings: [], guards: [], changes: [] };
/** No lease, and no further check. */
export const FINISHED = { leaseUntil: null, nextCheckAt: null } as const satisfies Progress;

type Step = {
  readonly name: keyof typeof TRANSITIONS;
  readonly at: Date;
  readonly progress: Progress;
  /** A provider's success needs no lease. */
  readonly requireLease?: false;
  /** The phase that moves money with the transition. */
  readonly phase?: { readonly name: PhaseName; readonly effects: Effects };
};

/** One transition, with the phase that it is part of. */
export function writesOf(row: PayoutTransaction, step: Step): readonly RowWrite[] {
  const { name, at, phase, requireLease = true } = step;
  const options = { at: at.toISOString(), requireLease };
  const effects = phase?.effects ?? NOTHING;
  const progress: Progress =
    phase === undefined
      ? step.progress
      : {
          ...step.progress,
          phase: storePhase(phase.name, options.at, effects.postings, row),
        };
  const change = transition(row, TRANSITIONS[name], progress, options);
  return post([
    {
      ...effects,
      txnId: row.txnId,
      name: phase?.name ?? 'accept',
      changes: [change, ...effects.changes],
    },
  ]);
}

/** Commits one transition, with the phase that it is part of. */
export const advance = (
  { ledger }: Pick<SettleDeps, 'ledger'>,
  row: PayoutTransaction,
  step: Step,
) => commit(ledger, writesOf(row, step));

/** The next check: after the message's next visibility, so that it passes only if the message is gone. */
export const checkAfter = (
  { timers }: SettleDeps,
  at: Date,
  waitMs = timers.visibilityMs,
): string => later(at, waitMs + timers.checkMarginMs);
