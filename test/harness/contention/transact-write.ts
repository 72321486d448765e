import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Row } from '../../../lambdas/ledger/apply.ts';
import { holds, InvalidExpression, type Scope, updated } from './expressions.ts';
import { copyOf } from './stored.ts';
import { type Item, keyIn, setRow, sizeOfRow } from './stored-items.ts';
import {
  allowOnly,
  cancelled,
  type Reason,
  refusedRequest,
  stage,
  type TableState,
  type WrittenRow,
} from './table-state.ts';
import { writeUnitsOf } from './throughput.ts';

/** One write of a transaction: a function of the row as it is when it is prepared. */
type Write = {
  readonly item: Item;
  /** @throws InvalidExpression */
  readonly isAllowed: () => boolean;
  /** @throws InvalidExpression */
  readonly after: () => Row | undefined;
  /** Whether it changes the row: a check does not. */
  readonly isChange: boolean;
  readonly returnsRow: boolean;
};

const MOST_WRITES = 100;
/**
 * A transaction after listing 3 of "Distributed Transactions at Scale in Amazon DynamoDB" (USENIX ATC'23): every item
 * is prepared, the decision is recorded, every item is committed. Nothing queues: an item that another
 * transaction holds, or that a later one wrote, refuses at once.
 * @throws TransactionCanceledException
 */
export async function transactWrite(
  state: TableState,
  input: TransactWriteCommandInput,
): Promise<Record<string, never>> {
  allowOnly(input, ['TransactItems']);
  const writes = (input.TransactItems ?? []).map((each) => writeOf(state, each));
  const items = new Set(writes.map(({ item }) => item));
  if (items.size === 0 || items.size !== writes.length || items.size > MOST_WRITES)
    throw refusedRequest('ValidationException', 'one write of each item, and at most 100');
  const { time, counts, observer } = state;
  counts.transactions += 1;
  const id = counts.transactions;

  await stage(state, 'request');
  const timestamp = time.now() + time.gauss() * state.stages.clockSkew;
  await stage(state, 'begin');
  const prepared = await Promise.all(writes.map((each) => prepare(state, each, id, timestamp)));
  const isCommitted = prepared.every(({ reason }) => reason.Code === 'None');
  await stage(state, isCommitted ? 'commitDecision' : 'cancelDecision');
  const written = prepared.flatMap(({ write: { item, isChange }, after }): WrittenRow[] =>
    isChange ? [{ table: item.table, name: item.name, before: item.row, after }] : [],
  );
  if (isCommitted) {
    counts.committed += 1;
    observer.committed?.(written);
  }
  await Promise.all(
    prepared.map(async ({ write: { item }, after }) => {
      await stage(state, 'commit');
      if (item.holder !== id) return;
      if (isCommitted) {
        setRow(item, after);
        item.timestamp = timestamp;
        item.lsn += 1;
      }
      item.holder = undefined;
    }),
  );
  await stage(state, 'reply');
  if (!isCommitted) throw cancelled(prepared.map(({ reason }) => reason));
  observer.acknowledged?.(written);
  return {};
}

type Prepared = {
  readonly write: Write;
  readonly reason: Reason;
  readonly after?: Row | undefined;
};

async function prepare(
  state: TableState,
  write: Write,
  id: number,
  timestamp: number,
): Promise<Prepared> {
  const { item } = write;
  const { writeUnits, counts } = state;
  await stage(state, 'prepare');
  const { reason, after } = evaluated(write);
  // Charged whatever comes of it, of the larger row: once to prepare it and once to commit it.
  const units = 2 * writeUnitsOf(Math.max(item.size, sizeOfRow(after)));
  if (!writeUnits.take(item.partition, units)) {
    counts.throttles += 1;
    return { write, reason: { Code: 'ThrottlingError' } };
  }
  counts.writeUnits += units;
  if (item.holder !== undefined || item.timestamp >= timestamp) {
    counts.conflicts.set(item.name, (counts.conflicts.get(item.name) ?? 0) + 1);
    return { write, reason: { Code: 'TransactionConflict' } };
  }
  if (reason.Code === 'None') item.holder = id;
  if (reason.Code === 'ConditionalCheckFailed') counts.conditionFailures += 1;
  return { write, reason, after };
}

function evaluated(write: Write): Omit<Prepared, 'write'> {
  try {
    if (write.isAllowed()) return { reason: { Code: 'None' }, after: write.after() };
    const existing = write.returnsRow ? write.item.row : undefined;
    return { reason: { Code: 'ConditionalCheckFailed', existing } };
  } catch (error) {
    if (!(error instanceof InvalidExpression)) throw error;
    return { reason: { Code: 'ValidationError', Message: error.message } };
  }
}

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];
type Given = Omit<Scope, 'row'>;
type Described = {
  readonly TableName: string | undefined;
  readonly ConditionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Scope['names'];
  readonly ExpressionAttributeValues?: Scope['values'];
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
};

/** The one write of `Put`, `Update`, `Delete` or `ConditionCheck`. */
function writeOf({ items }: TableState, request: TransactItem): Write {
  const { Put, Update, Delete, ConditionCheck } = request;
  if (Put !== undefined) {
    const next = copyOf(Put.Item ?? {});
    return describe(Put, next, () => next);
  }
  if (Update !== undefined) {
    const { UpdateExpression: text = '', Key = {} } = Update;
    return describe(Update, Key, (row, given) => updated(row ?? Key, text, given));
  }
  if (Delete !== undefined) return describe(Delete, Delete.Key, () => undefined);
  if (ConditionCheck === undefined) throw new Error('a write that does nothing');
  return { ...describe(ConditionCheck, ConditionCheck.Key, (row) => row), isChange: false };

  function describe(
    write: Described,
    key: unknown,
    after: (row: Row | undefined, given: Given) => Row | undefined,
  ): Write {
    const item = items.at(write.TableName ?? '', keyIn(key));
    const { ConditionExpression: condition, ExpressionAttributeValues: values } = write;
    const given = { names: write.ExpressionAttributeNames, values: values && copyOf(values) };
    return {
      item,
      isAllowed: () => condition === undefined || holds(condition, { ...given, row: item.row }),
      after: () => after(item.row, given),
      isChange: true,
      returnsRow: write.ReturnValuesOnConditionCheckFailure === 'ALL_OLD',
    };
  }
}
