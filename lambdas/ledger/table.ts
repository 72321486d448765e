import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import DataLoader from 'dataloader';
import type * as z from 'zod';
import { RetryableError } from '../platform/retry.ts';
import { type Key, nameOfKey, nameOfStored } from './keys.ts';

/** The Ledger table and the client that reaches it. Numbers are bigint (`platform/clients.ts`). */
export type Table = {
  readonly dynamo: DynamoDBDocumentClient;
  readonly table: string;
  /** A strong read of one row. Reads asked for in the same turn take one round trip together. */
  readonly load: (key: Key) => Promise<unknown>;
  /** Every row that a query finds, page after page. */
  readonly query: (condition: QueryCondition) => AsyncGenerator<unknown>;
};

export type QueryCondition = Pick<
  QueryCommandInput,
  | 'IndexName'
  | 'KeyConditionExpression'
  | 'FilterExpression'
  | 'ExpressionAttributeNames'
  | 'ExpressionAttributeValues'
  | 'ScanIndexForward'
  | 'ConsistentRead'
  | 'Limit'
>;

export function openTable(dynamo: DynamoDBDocumentClient, table: string): Table {
  const loader = new DataLoader<Key, unknown, string>(
    async (keys) => {
      const found = await batchGet(dynamo, table, keys);
      return keys.map((key) => found.get(nameOfKey(key)));
    },
    // No cache: a row may have changed since it was read.
    { cache: false, maxBatchSize: 100 },
  );
  return {
    dynamo,
    table,
    load: (key) => loader.load(key),
    query: (condition) => pagesOf(dynamo, table, condition),
  };
}

/** DynamoDB leaves rows out while it throttles; more rounds would add to the load. */
const MOST_ROUNDS = 4;

/** Each row is read as strongly as by GetItem. The rows together are no snapshot. */
async function batchGet(
  dynamo: DynamoDBDocumentClient,
  table: string,
  keys: readonly Key[],
): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>();
  // The same row twice in one request is an error.
  const unique = new Map(keys.map(({ pk, sk }) => [nameOfKey({ pk, sk }), { pk, sk }]));
  let wanted: Record<string, unknown>[] = [...unique.values()];
  for (let rounds = 0; wanted.length > 0; rounds += 1) {
    if (rounds === MOST_ROUNDS) throw new RetryableError(`${wanted.length} rows were not read`);
    const { Responses, UnprocessedKeys } = await dynamo.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } }),
    );
    for (const row of Responses?.[table] ?? []) found.set(nameOfStored(row), row);
    wanted = UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return found;
}

/** A strong read of one row, parsed; undefined where there is none. */
export async function getRow<Schema extends z.ZodType>(
  { load }: Table,
  key: Key,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const row = await load(key);
  return row === undefined ? undefined : schema.parse(row);
}

async function* pagesOf(
  dynamo: DynamoDBDocumentClient,
  table: string,
  condition: QueryCondition,
): AsyncGenerator<unknown> {
  let start: QueryCommandInput['ExclusiveStartKey'];
  do {
    const { Items = [], LastEvaluatedKey } = await dynamo.send(
      new QueryCommand({ TableName: table, ...condition, ExclusiveStartKey: start }),
    );
    yield* Items;
    start = LastEvaluatedKey;
  } while (start !== undefined);
}

/** Every row that a query finds, parsed. */
export async function* queryRows<Schema extends z.ZodType>(
  { query }: Table,
  condition: QueryCondition,
  schema: Schema,
): AsyncGenerator<z.output<Schema>> {
  for await (const row of query(condition)) yield schema.parse(row);
}

/** At most `most` rows that a query finds; reads no more than that. */
export async function firstRows<Schema extends z.ZodType>(
  table: Table,
  condition: QueryCondition,
  schema: Schema,
  most: number,
): Promise<z.output<Schema>[]> {
  const rows: z.output<Schema>[] = [];
  if (most === 0) return rows;
  for await (const row of queryRows(table, { ...condition, Limit: most }, schema)) {
    rows.push(row);
    if (rows.length === most) break;
  }
  return rows;
}

/** Rows of one partition whose sort key starts with `prefix`, read strongly. */
export const rowsUnder = <Schema extends z.ZodType>(
  table: Table,
  pk: string,
  prefix: string,
  schema: Schema,
): Promise<z.output<Schema>[]> =>
  Array.fromAsync(
    queryRows(
      table,
      {
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
        ConsistentRead: true,
      },
      schema,
    ),
  );

/** Many rows by key, strongly, in the order of the keys. A row that is gone is left out. */
export async function getRows<Schema extends z.ZodType>(
  table: Table,
  keys: readonly Key[],
  schema: Schema,
): Promise<z.output<Schema>[]> {
  const rows = await Promise.all(keys.map((key) => getRow(table, key, schema)));
  return rows.filter((row) => row !== undefined);
}
