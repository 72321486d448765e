import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { z } from 'zod';
import type { Key } from './keys.ts';

/** The Ledger table and the client that reaches it. Numbers come back as bigint (`runtime/clients.ts`). */
export type Ledger = { readonly dynamo: DynamoDBDocumentClient; readonly table: string };

/** A strong read of one row, parsed; undefined where there is none. */
export async function getRow<Schema extends z.ZodType>(
  { dynamo, table }: Ledger,
  key: Key,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const { Item } = await dynamo.send(
    new GetCommand({ TableName: table, Key: key, ConsistentRead: true }),
  );
  return Item && schema.parse(Item);
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
  { dynamo, table }: Ledger,
  keys: readonly Key[],
  schema: Schema,
): Promise<z.output<Schema>[]> {
  const found = new Map<string, unknown>();
  let wanted: Record<string, unknown>[] = keys.map(({ pk, sk }) => ({ pk, sk }));
  while (wanted.length > 0) {
    const { Responses, UnprocessedKeys } = await dynamo.send(
      new BatchGetCommand({
        RequestItems: { [table]: { Keys: wanted.slice(0, 100), ConsistentRead: true } },
      }),
    );
    for (const row of Responses?.[table] ?? []) found.set(`${row['pk']}|${row['sk']}`, row);
    wanted = [...(UnprocessedKeys?.[table]?.Keys ?? []), ...wanted.slice(100)];
  }
  return keys.flatMap(({ pk, sk }) => {
    const row = found.get(`${pk}|${sk}`);
    return row === undefined ? [] : [schema.parse(row)];
  });
}
