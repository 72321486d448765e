import type {
  BatchGetCommandInput,
  GetCommandInput,
  TransactGetCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { Row } from '../../../lambdas/ledger/apply.ts';
import { copyOf } from './stored.ts';
import { type ItemKey, keyIn } from './stored-items.ts';
import {
  allowOnly,
  cancelled,
  type Reason,
  refusedRequest,
  requireStrong,
  stage,
  type TableState,
} from './table-state.ts';

/** Capacity units of a strong read; a transactional one takes two. */
export const readUnitsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / 4_096));

export const throttled = () => refusedRequest('ThrottlingException', 'the partition is too busy');

/**
 * The last committed row, also while a transaction holds it: a plain read neither waits nor conflicts.
 * @returns undefined where it was throttled.
 */
function readNow(
  { items, readUnits, counts }: TableState,
  table: string,
  key: ItemKey,
): { readonly row: Row | undefined } | undefined {
  const item = items.find(table, key);
  if (!readUnits.take(key.partition, readUnitsOf(item?.size ?? 0))) {
    counts.throttles += 1;
    return undefined;
  }
  return { row: item?.row && copyOf(item.row) };
}

/** @throws ThrottlingException */
export async function get(state: TableState, input: GetCommandInput) {
  allowOnly(input, ['TableName', 'Key', 'ConsistentRead']);
  requireStrong(input);
  const key = keyIn(input.Key);
  await stage(state, 'request');
  const found = readNow(state, input.TableName ?? '', key);
  await stage(state, 'getReply');
  if (found === undefined) throw throttled();
  return found.row === undefined ? {} : { Item: found.row };
}

/**
 * Each row at a time of its own, and in any order.
 * @throws ThrottlingException where no row could be read; else leaves those out that were throttled.
 */
export async function batchGet(state: TableState, input: BatchGetCommandInput) {
  allowOnly(input, ['RequestItems']);
  const wanted = Object.entries(input.RequestItems ?? {}).flatMap(([table, request]) => {
    allowOnly(request, ['Keys', 'ConsistentRead']);
    requireStrong(request);
    return (request.Keys ?? []).map((attributes) => ({
      table,
      attributes,
      key: keyIn(attributes),
    }));
  });
  const names = new Set(wanted.map(({ table, key }) => JSON.stringify([table, key])));
  if (names.size === 0 || names.size !== wanted.length || names.size > 100)
    throw refusedRequest('ValidationException', 'each key once, and at most 100');
  await stage(state, 'request');
  const Responses: Record<string, Row[]> = {};
  const UnprocessedKeys: Record<string, { Keys: Row[]; ConsistentRead: true }> = {};
  let read = 0;
  await Promise.all(
    wanted.map(async ({ table, attributes, key }) => {
      await stage(state, 'read');
      const found = readNow(state, table, key);
      if (found === undefined) {
        UnprocessedKeys[table] ??= { Keys: [], ConsistentRead: true };
        UnprocessedKeys[table].Keys.push(attributes);
        return;
      }
      read += 1;
      Responses[table] ??= [];
      if (found.row !== undefined) Responses[table].push(found.row);
    }),
  );
  await stage(state, 'batchGetReply');
  if (read === 0) throw throttled();
  return { Responses, UnprocessedKeys };
}

/**
 * Two rounds, after listing 4 of the paper: the rows are of one instant if no item was held, and none was written
 * in between. It holds nothing itself.
 * @throws TransactionCanceledException
 */
export async function transactGet(state: TableState, input: TransactGetCommandInput) {
  allowOnly(input, ['TransactItems']);
  const { counts, items, readUnits } = state;
  const wanted = (input.TransactItems ?? []).map(({ Get }) => {
    allowOnly(Get ?? {}, ['TableName', 'Key']);
    return { table: Get?.TableName ?? '', key: keyIn(Get?.Key) };
  });
  if (wanted.length === 0 || wanted.length > 100)
    throw refusedRequest('ValidationException', 'at most 100 rows');
  counts.transactionalReads += 1;
  await stage(state, 'request');

  /** The rows with their positions in the log, or why not. */
  const round = () =>
    Promise.all(
      wanted.map(async ({ table, key }) => {
        await stage(state, 'read');
        const item = items.find(table, key);
        // Of the two units, each round takes one.
        if (!readUnits.take(key.partition, readUnitsOf(item?.size ?? 0))) {
          counts.throttles += 1;
          return { code: 'ThrottlingError' as const };
        }
        if (item?.holder !== undefined) return { code: 'TransactionConflict' as const };
        return { code: 'None' as const, row: item?.row, lsn: item?.lsn ?? 0 };
      }),
    );
  const finish = async (reasons: readonly Reason[]): Promise<void> => {
    await stage(state, 'transactGetReply');
    if (reasons.every(({ Code }) => Code === 'None')) return;
    counts.cancelledReads += 1;
    throw cancelled(reasons);
  };

  const first = await round();
  if (first.some(({ code }) => code !== 'None'))
    await finish(first.map(({ code }) => ({ Code: code })));
  const second = await round();
  await finish(
    second.map(({ code, lsn }, index) => ({
      Code: code === 'None' && lsn !== first[index]?.lsn ? 'TransactionConflict' : code,
    })),
  );
  return { Responses: first.map(({ row }) => (row === undefined ? {} : { Item: copyOf(row) })) };
}
