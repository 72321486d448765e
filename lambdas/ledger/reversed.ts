import type { Change, Guard } from './row-writes.ts';
import type { Transaction } from './transactions.ts';

/** It can still be reversed. */
export const notReversed = ({ pk, txnId }: Pick<Transaction, 'pk' | 'txnId'>): Guard => ({
  row: { kind: 'reversed', pk, txnId },
  conditions: [
    { must: 'equal', path: 'status', value: 'SUCCEEDED' },
    { must: 'be absent', path: 'reversedBy' },
  ],
});

/** Links a transaction to its reversal, once (WA-9). */
export const markReversed = (
  original: Pick<Transaction, 'pk' | 'txnId'>,
  reversedBy: string,
): Change => ({ ...notReversed(original), set: { reversedBy } });
