import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { isRetryable, type Undecided, undecided } from '../platform/retry.ts';
import { transactItem } from './expressions.ts';
import type { Label, RowWrite } from './row-writes.ts';
import type { Table } from './table.ts';

export type CommitResult =
  | { readonly kind: 'committed' }
  /** The first write, in the order of refusal, whose condition failed, with the row that failed it. */
  | { readonly kind: 'refused'; readonly by: Label; readonly existing: unknown }
  /** Nothing was written: a conflict or throttling on that row came before any conclusion. */
  | { readonly kind: 'contended'; readonly by: Label; readonly met: 'conflict' | 'throttled' }
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
    if (code === 'TransactionConflict') return { kind: 'contended', by: row.kind, met: 'conflict' };
    if (THROTTLED.has(code)) return { kind: 'contended', by: row.kind, met: 'throttled' };
    if (code === 'ConditionalCheckFailed') {
      // The document client does not unmarshall what an error carries.
      const existing = item && unmarshall(item, { wrapNumbers: BigInt });
      return { kind: 'refused', by: row.kind, existing };
    }
  }
  throw error;
}

/** A commit that did not happen, as a try that decided nothing. */
export function undecidedBy(result: Exclude<CommitResult, { kind: 'committed' }>): Undecided {
  switch (result.kind) {
    case 'refused':
      return undecided(result.by, 'changed');
    case 'contended':
      return undecided(result.by, result.met);
    case 'unknown':
      return undecided('unknown', 'unknown');
  }
}
