import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactGetCommand } from '@aws-sdk/lib-dynamodb';
import type { Key } from './keys.ts';
import type { Table } from './table.ts';

/**
 * Up to 100 rows as they were at one moment, in the order of the keys; undefined where a transaction was
 * writing one of them. It holds nobody's transaction back.
 */
export async function snapshotOf(
  { dynamo, table }: Table,
  keys: readonly Key[],
): Promise<readonly unknown[] | undefined> {
  const TransactItems = keys.map(({ pk, sk }) => ({ Get: { TableName: table, Key: { pk, sk } } }));
  try {
    const { Responses = [] } = await dynamo.send(new TransactGetCommand({ TransactItems }));
    return Responses.map(({ Item }) => Item);
  } catch (error) {
    if (error instanceof TransactionCanceledException) return undefined;
    throw error;
  }
}
