import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { isRetryable } from '../platform/retry.ts';
import { transactItem } from './expressions.ts';
import type { Label, RowWrite } from './row-writes.ts';
import type { Table } from './table.ts';

export type CommitResult =
  | { readonly kind: 'committed' }
  /** The first write, in the order of refusal, whose condition failed, with the row that failed it. */
  | { readonly kind: 'refused'; readonly by: Label; readonly existing: unknown }
  /** Nothing was written: a conflict on the row it names, or throttling, came before any conclusion. */
  | { readonly kind: 'contended'; readonly by: Label | 'throttled' }
  /** Sent, without an answer: it may have been committed, or may yet be. */
  | { readonly kind: 'unknown' };

const THROTTLED = new Set(['ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * The only place that sends a transaction and the only place that reads cancellation reasons. Writes come
 * in the order of refusal: while one is undecided, nothing is concluded from those after it.
 * @throws what says that the request itself is wrong (validation, access): a defect of ours.
 */
export async function commit(
  { dynamo, table }: Pick<Table, 'dynamo' | 'table'>,
  writes: readonly RowWrite[],
): Promise<CommitResult> {
  try {
    const TransactItems = writes.map((write) => transactItem(table, write));
    await dynamo.send(new TransactWriteCommand({ TransactItems }));
    return { kind: 'committed' };
  } catch (error) {
    if (error instanceof TransactionCanceledException) return resultOf(error, writes);
    if (isRetryable(error)) return { kind: 'unknown' };
    throw error;
  }
}

function resultOf(error: TransactionCanceledException, writes: readonly RowWrite[]): CommitResult {
  for (const [index, { row }] of writes.entries()) {
    const { Code: code = 'None', Item: item } = error.CancellationReasons?.[index] ?? {};
    // A conflict identifies a row; throttling does not.
    if (code === 'TransactionConflict') return { kind: 'contended', by: row.kind };
    if (THROTTLED.has(code)) return { kind: 'contended', by: 'throttled' };
    if (code === 'ConditionalCheckFailed') {
      // The document client does not unmarshall what an error carries.
      const existing = item && unmarshall(item, { wrapNumbers: BigInt });
      return { kind: 'refused', by: row.kind, existing };
    }
  }
  throw error;
}
