import type { Change } from './row-writes.ts';
import type { Transaction } from './transactions.ts';

/** Links a transaction to its reversal, once (WA-9). */
export const markReversed = (
  { pk, txnId }: Pick<Transaction, 'pk' | 'txnId'>,
  reversedBy: string,
): Change => ({
  row: { kind: 'reversed', pk, txnId },
  conditions: [
    { must: 'equal', path: 'status', value: 'SUCCEEDED' },
    { must: 'be absent', path: 'reversedBy' },
  ],
  set: { reversedBy },
});
