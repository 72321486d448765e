import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';

type WriteItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];
/** A write has a name, so that a refusal has a name and not a position. */
export type LabelledWrite = { readonly label: string; readonly write: WriteItem };

export type CommitResult =
  | { readonly kind: 'committed' }
  /** The first write, in order, whose condition failed, with the row that failed it. */
  | { readonly kind: 'refused'; readonly by: string; readonly existing: unknown }
  /** Nothing was done: a conflict on the write it names, or throttling, came before any conclusion. */
  | { readonly kind: 'contended'; readonly by: string }
  /** Sent, but no answer: it may have been committed, or may yet be. */
  | { readonly kind: 'unknown' };

const THROTTLED = new Set(['ThrottlingError', 'ProvisionedThroughputExceeded']);
/** Answers of the service that say nothing about the transaction's fate, or that it may be sent again. */
const PASSING = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'ThrottlingException',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

/**
 * Whether an SDK error says nothing about the request itself (a time-out, a lost connection, throttling),
 * so that the same may be tried again.
 */
export function isPassing(error: unknown): boolean {
  const { data } = thrown.safeParse(error);
  if (data === undefined) return false;
  if (PASSING.has(data.name) || data.name === 'TimeoutError') return true;
  if (data.$fault !== undefined) return data.$fault === 'server';
  return data.code !== undefined && CONNECTION.has(data.code);
}

const thrown = z.object({
  name: z.string(),
  $fault: z.string().optional(),
  // Some errors carry a number there.
  code: z.string().optional().catch(undefined),
});

const CONNECTION = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

const withOldImage = ({ Put, Update, Delete, ConditionCheck }: WriteItem): WriteItem => {
  const old = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;
  return {
    ...(Put && { Put: { ...Put, ...old } }),
    ...(Update && { Update: { ...Update, ...old } }),
    ...(Delete && { Delete: { ...Delete, ...old } }),
    ...(ConditionCheck && { ConditionCheck: { ...ConditionCheck, ...old } }),
  };
};

/**
 * The only place that sends a transaction and the only place that reads cancellation reasons.
 * Writes come in order of refusal: while one is undecided, nothing behind it may be concluded.
 * @throws whatever says that the request itself is wrong (validation, access): a defect of ours.
 */
export async function commit(
  dynamo: Pick<DynamoDBDocumentClient, 'send'>,
  writes: readonly LabelledWrite[],
): Promise<CommitResult> {
  try {
    await dynamo.send(
      new TransactWriteCommand({ TransactItems: writes.map(({ write }) => withOldImage(write)) }),
    );
    return { kind: 'committed' };
  } catch (error) {
    if (error instanceof TransactionCanceledException) return whyCancelled(error, writes);
    if (isPassing(error)) return { kind: 'unknown' };
    throw error;
  }
}

function whyCancelled(
  error: TransactionCanceledException,
  writes: readonly LabelledWrite[],
): CommitResult {
  for (const [index, { label }] of writes.entries()) {
    const { Code: code = 'None', Item: item } = error.CancellationReasons?.[index] ?? {};
    // A conflict is with somebody who has this very row in hand; throttling is with nobody.
    if (code === 'TransactionConflict') return { kind: 'contended', by: label };
    if (THROTTLED.has(code)) return { kind: 'contended', by: code };
    if (code === 'ConditionalCheckFailed') {
      // The document client does not unmarshall what an error carries.
      return {
        kind: 'refused',
        by: label,
        existing: item && unmarshall(item, { wrapNumbers: BigInt }),
      };
    }
  }
  throw error;
}
