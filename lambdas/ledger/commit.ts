import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { count } from '../platform/metrics.ts';
import { isRetryable, type Undecided, undecided } from '../platform/retry.ts';
import type { LedgerContext } from './context.ts';
import { transactItem } from './expressions.ts';
import type { WriteFailure } from './pool/hints.ts';
import type { Label, RowWrite } from './row-writes.ts';

export type CommitResult =
  | { readonly kind: 'committed' }
  /** The first write, in the order of refusal, whose condition failed, with the row that failed it. */
  | ({ readonly kind: 'refused'; readonly by: Label; readonly existing: unknown } & Cancelled)
  /** Nothing was written: a conflict or throttling on that row came before any conclusion. */
  | ({
      readonly kind: 'contended';
      readonly by: Label;
      readonly met: 'conflict' | 'throttled';
    } & Cancelled)
  /** Sent, without an answer: it may have been committed, or may yet be. */
  | { readonly kind: 'unknown' };
/** Every write that failed, in the order of refusal. */
type Cancelled = { readonly failures: readonly WriteFailure[] };

/** A commit that did not happen, or of which nothing is known. */
export type Lost = Exclude<CommitResult, { kind: 'committed' }>;

const THROTTLED = new Set(['ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * The only place that sends a transaction and the only place that reads cancellation reasons. Writes come
 * in the order of refusal: while one is undecided, nothing is concluded from those after it. What each answer
 * tells about rows of pools, this process remembers.
 * @throws what says that the request itself is wrong (validation, access): a defect of ours.
 */
export async function commit(
  { dynamo, table, pools }: Pick<LedgerContext, 'dynamo' | 'table' | 'pools'>,
  writes: readonly RowWrite[],
): Promise<CommitResult> {
  count('Transactions');
  try {
    const TransactItems = writes.map((write) => transactItem(table, write));
    await dynamo.send(new TransactWriteCommand({ TransactItems }));
  } catch (error) {
    if (error instanceof TransactionCanceledException) {
      const failures = failuresOf(error, writes);
      counted(failures);
      pools.lost(writes, failures);
      return resultOf(failures, error);
    }
    if (isRetryable(error)) return { kind: 'unknown' };
    throw error;
  }
  pools.committed(writes);
  return { kind: 'committed' };
}

/** Every write that failed, in the order of refusal. */
function failuresOf(
  { CancellationReasons: reasons = [] }: TransactionCanceledException,
  writes: readonly RowWrite[],
): readonly WriteFailure[] {
  return writes.flatMap(({ row }, index) => {
    const { Code: code = 'None', Item: item } = reasons[index] ?? {};
    const met = metBy(code);
    // The document client does not unmarshall what an error carries.
    const existing = item && unmarshall(item, { wrapNumbers: BigInt });
    return met === undefined ? [] : [{ row, met, existing }];
  });
}

function metBy(code: string): WriteFailure['met'] | undefined {
  if (code === 'ConditionalCheckFailed') return 'condition';
  if (code === 'TransactionConflict') return 'conflict';
  return THROTTLED.has(code) ? 'throttled' : undefined;
}

function counted(failures: readonly WriteFailure[]): void {
  const conflicts = failures.filter(({ met }) => met === 'conflict');
  count('Conflicts', Math.min(1, conflicts.length));
  count('PoolConflicts', Math.min(1, conflicts.filter(({ row }) => row.kind === 'pool').length));
  count('ThrottledTransactions', failures.some(({ met }) => met === 'throttled') ? 1 : 0);
}

function resultOf(failures: readonly WriteFailure[], error: Error): CommitResult {
  const [first] = failures;
  if (first === undefined) throw error;
  const { row, met, existing } = first;
  return met === 'condition'
    ? { kind: 'refused', by: row.kind, existing, failures }
    : { kind: 'contended', by: row.kind, met, failures };
}

/** A commit that did not happen, as a try that decided nothing. */
export function undecidedBy(result: Lost): Undecided {
  switch (result.kind) {
    case 'refused':
      return undecided(result.by, 'changed');
    case 'contended':
      return undecided(result.by, result.met);
    case 'unknown':
      return undecided('unknown', 'unknown');
  }
}
