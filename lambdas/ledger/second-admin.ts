import { type AmountLimits, exceeds } from './amount-limits.ts';
import { bytesOf } from './annotations.ts';
import { type Decision, refused } from './decision.ts';
import type { ProposedTransaction } from './transactions.ts';

/** What has to be stored to decide it again. */
export type Order = {
  readonly operation: string;
  /** As JSON, without annotations. */
  readonly input: string;
  /** The name of the admin who sent it. */
  readonly by: string;
};

/** Keeps the row under two kilobytes. */
const MOST_BYTES = 1_000;
const EXPIRES_AFTER_MS = 24 * 3_600_000;

/**
 * Makes an acceptance above the limit a proposal: the same transaction, which moves and changes nothing
 * yet. What the rule refuses now is refused. Refuses: proposal_too_large.
 */
export function propose(
  decision: Decision,
  limits: AmountLimits,
  order: Order,
  now: Date,
): Decision {
  if (decision.kind !== 'accepted') return decision;
  const { transaction } = decision;
  if (!exceeds(limits, transaction)) return decision;
  // The row keeps annotations once, beside the input.
  if (Buffer.byteLength(order.input) + bytesOf(transaction) > MOST_BYTES)
    return refused('proposal_too_large');
  const expiresAt = new Date(now.getTime() + EXPIRES_AFTER_MS).toISOString();
  return {
    kind: 'accepted',
    transaction: { ...transaction, status: 'PROPOSED', proposal: { ...order, expiresAt } },
    postings: [],
    guards: [],
    changes: [],
  };
}

/**
 * What a second admin's confirmation does: what the rule decides on the rows as they are now.
 * Refuses: second_admin_needed, proposal_expired, what the rule refuses, proposal_outdated.
 */
export function reconsider(
  { proposal: { by, expiresAt }, amount, currency }: ProposedTransaction,
  admin: string,
  decision: Decision,
  now: Date,
): Decision {
  if (by === admin) return refused('second_admin_needed');
  if (expiresAt <= now.toISOString()) return refused('proposal_expired');
  if (decision.kind !== 'accepted') return decision;
  const { transaction } = decision;
  // A deployment may have changed how the stored input is read.
  const isSame = transaction.amount === amount && transaction.currency === currency;
  return isSame ? decision : refused('proposal_outdated');
}
