import type { Transition } from '../ledger/rows/transactions.ts';

/** Every transition of a payout: the truth for the check, the condition and the diagram in the docs. */
export const TRANSITIONS = {
  /** Its time has come and its funds are there. */
  execute: { from: ['SCHEDULED'], to: 'PENDING' },
  /** Its time has come, and funds are missing or the merchant may not spend. */
  fail: { from: ['SCHEDULED'], to: 'FAILED' },
  cancel: { from: ['SCHEDULED'], to: 'CANCELLED' },
  /** Takes the lease and raises the attempt. */
  claim: { from: ['PENDING', 'PROCESSING', 'UNKNOWN'], to: 'PROCESSING' },
  /** The merchant is suspended. */
  hold: { from: ['PENDING'], to: 'PENDING' },
  /** The provider gave no clear answer: no refund, and the next attempt inquires first. */
  keepWaiting: { from: ['PROCESSING'], to: 'PROCESSING' },
  /** Certainly nothing was executed. */
  returnToPending: { from: ['PROCESSING'], to: 'PENDING' },
  /** A provider's success is a fact: accepted from any worker at any time. */
  succeed: { from: ['PENDING', 'PROCESSING', 'UNKNOWN', 'MANUAL_REVIEW'], to: 'SUCCEEDED' },
  refund: { from: ['PROCESSING'], to: 'FAILED' },
} as const satisfies Record<string, Transition>;
