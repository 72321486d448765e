import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import DataLoader from 'dataloader';
import * as z from 'zod';
import type { Key } from './keys.ts';

/** The Ledger table and the client that reaches it. Numbers come back as bigint (`runtime/clients.ts`). */
export type Ledger = {
  readonly dynamo: DynamoDBDocumentClient;
  readonly table: string;
  /** One row, read strongly together with all others asked for in the same turn: one round trip. */
  readonly load: (key: Key) => Promise<unknown>;
};

export function openLedger(dynamo: DynamoDBDocumentClient, table: string): Ledger {
  const loader = new DataLoader<Key, unknown, string>(
    async (keys) => {
      const found = await batchGet(dynamo, table, keys);
      return keys.map((key) => found.get(nameOf(key)));
    },
    // Every read is fresh: what was read before may have changed.
    { cache: false, maxBatchSize: 100 },
  );
  return { dynamo, table, load: (key) => loader.load(key) };
}

const nameOf = ({ pk, sk }: Key): string => `${pk}|${sk}`;
const storedKey = z.object({ pk: z.string(), sk: z.string() });

/** DynamoDB leaves rows out while it throttles; asking on and on would only add to that. */
const MOST_ROUNDS = 4;
class RowsLeftOut extends Error {
  override readonly name = 'ThrottlingException';
}

/** Each row by itself is read as strongly as by GetItem; only the rows together are no snapshot. */
async function batchGet(
  dynamo: DynamoDBDocumentClient,
  table: string,
  keys: readonly Key[],
): Promise<ReadonlyMap<string, unknown>> {
  const found = new Map<string, unknown>();
  // The same row twice in one request is an error.
  const unique = new Map(keys.map(({ pk, sk }) => [nameOf({ pk, sk }), { pk, sk }]));
  let wanted: Record<string, unknown>[] = [...unique.values()];
  for (let rounds = 0; wanted.length > 0; rounds += 1) {
    if (rounds === MOST_ROUNDS) throw new RowsLeftOut(`${wanted.length} rows were not read`);
    const { Responses, UnprocessedKeys } = await dynamo.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } }),
    );
    for (const row of Responses?.[table] ?? []) found.set(nameOf(storedKey.parse(row)), row);
    wanted = UnprocessedKeys?.[table]?.Keys ?? [];
  }
  return found;
}

/** A strong read of one row, parsed; undefined where there is none. */
export async function getRow<Schema extends z.ZodType>(
  { load }: Ledger,
  key: Key,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const row = await load(key);
  return row === undefined ? undefined : schema.parse(row);
}

type Condition = Pick<
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

/** Every row a query finds, page after page, until the reader stops asking. */
export async function* queryRows<Schema extends z.ZodType>(
  { dynamo, table }: Ledger,
  condition: Condition,
  schema: Schema,
): AsyncGenerator<z.output<Schema>> {
  let start: QueryCommandInput['ExclusiveStartKey'];
  do {
    const { Items = [], LastEvaluatedKey } = await dynamo.send(
      new QueryCommand({ TableName: table, ...condition, ExclusiveStartKey: start }),
    );
    for (const item of Items) yield schema.parse(item);
    start = LastEvaluatedKey;
  } while (start !== undefined);
}

/** The first so many rows that a query finds, and no more read than that. */
export async function firstRows<Schema extends z.ZodType>(
  ledger: Ledger,
  condition: Condition,
  schema: Schema,
  most: number,
): Promise<z.output<Schema>[]> {
  const rows: z.output<Schema>[] = [];
  if (most === 0) return rows;
  for await (const row of queryRows(ledger, { ...condition, Limit: most }, schema)) {
    rows.push(row);
    if (rows.length === most) break;
  }
  return rows;
}

/** Rows of one partition whose sort key starts with `prefix`, read strongly. */
export const rowsUnder = <Schema extends z.ZodType>(
  ledger: Ledger,
  pk: string,
  prefix: string,
  schema: Schema,
): Promise<z.output<Schema>[]> =>
  Array.fromAsync(
    queryRows(
      ledger,
      {
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ':prefix': prefix },
        ConsistentRead: true,
      },
      schema,
    ),
  );

/** Many rows by key, strongly, in the order asked for; a row that is gone is left out. */
export async function getRows<Schema extends z.ZodType>(
  ledger: Ledger,
  keys: readonly Key[],
  schema: Schema,
): Promise<z.output<Schema>[]> {
  const rows = await Promise.all(keys.map((key) => getRow(ledger, key, schema)));
  return rows.filter((row) => row !== undefined);
}
