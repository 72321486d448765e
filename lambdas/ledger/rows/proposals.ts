import { isDeepStrictEqual } from 'node:util';
import type { Change, Condition, Guard } from '../row-writes.ts';
import type { ProposedTransaction, Transaction } from '../transactions.ts';
import { attributesOf, rowOf } from './transactions.ts';

const STILL_PROPOSED: Condition = { must: 'equal', path: 'status', value: 'PROPOSED' };

/** Proves, inside a refusal's own transaction, that the proposal has not been confirmed meanwhile. */
export const stillProposed = (proposed: Pick<Transaction, 'pk' | 'txnId'>): Guard => ({
  row: rowOf(proposed),
  conditions: [STILL_PROPOSED],
});

/** Puts the transaction that was decided now in the place of the proposal, once and in time. */
export function confirmProposal(
  proposed: ProposedTransaction,
  confirmed: Transaction,
  admin: string,
  now: Date,
): Change {
  const [before, after] = [attributesOf(proposed), attributesOf(confirmed)];
  const written = Object.entries(after).filter(([, value]) => value !== undefined);
  const kept = new Set(written.map(([name]) => name));
  return {
    row: rowOf(proposed),
    conditions: [
      STILL_PROPOSED,
      { must: 'differ', path: 'proposal.by', value: admin },
      { must: 'be after', path: 'proposal.expiresAt', value: now.toISOString() },
    ],
    set: Object.fromEntries(
      written.filter(([name, value]) => !isDeepStrictEqual(value, before[name])),
    ),
    remove: Object.keys(before).filter((name) => before[name] !== undefined && !kept.has(name)),
  };
}
