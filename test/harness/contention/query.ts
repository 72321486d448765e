import type { QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { readUnitsOf, throttled } from './reads.ts';
import { compareTexts, copyOf } from './stored.ts';
import { keyIn } from './stored-items.ts';
import { allowOnly, requireStrong, stage, type TableState } from './table-state.ts';

const QUERY =
  /^pk = (:\w+)(?: AND (?:begins_with\(sk, (:\w+)\)|sk (=|<|<=|>|>=) (:\w+)|sk BETWEEN (:\w+) AND (:\w+)))?$/;

/**
 * Rows of one partition, as committed, in the order of their sort keys.
 * @throws ThrottlingException
 */
export async function query(state: TableState, input: QueryCommandInput) {
  allowOnly(input, [
    'TableName',
    'KeyConditionExpression',
    'ExpressionAttributeValues',
    'ConsistentRead',
    'ExclusiveStartKey',
    'Limit',
  ]);
  requireStrong(input);
  const { TableName: table = '', KeyConditionExpression: text = '', Limit: most } = input;
  const parts = QUERY.exec(text);
  if (parts === null) throw new Error(`not modelled: ${text}`);
  const textOf = (placeholder: string | undefined): string => {
    const value: unknown = input.ExpressionAttributeValues?.[placeholder ?? ''];
    if (typeof value !== 'string') throw new Error(`no text: ${placeholder}`);
    return value;
  };
  const [, pk, prefix, operator, bound, low, high] = parts;
  const isWanted = (sort: string): boolean => {
    if (prefix !== undefined) return sort.startsWith(textOf(prefix));
    if (operator !== undefined) return isInOrder(compareTexts(sort, textOf(bound)), operator);
    if (low === undefined) return true;
    return compareTexts(sort, textOf(low)) >= 0 && compareTexts(sort, textOf(high)) <= 0;
  };
  const start = input.ExclusiveStartKey && keyIn(input.ExclusiveStartKey).sort;
  const partition = textOf(pk);

  await stage(state, 'request');
  const found = state.items
    .under(table, partition)
    .filter(({ row, sort }) => row !== undefined && isWanted(sort))
    .filter(({ sort }) => start === undefined || compareTexts(sort, start) > 0);
  const page = found.slice(0, most);
  const bytes = page.reduce((sum, { size }) => sum + size, 0);
  const Items = page.flatMap(({ row }) => (row === undefined ? [] : [copyOf(row)]));
  const isRead = state.readUnits.take(partition, readUnitsOf(bytes));
  await stage(state, 'getReply');
  if (!isRead) {
    state.counts.throttles += 1;
    throw throttled();
  }
  const last = page.at(-1);
  // As DynamoDB does: a full page may be the last one.
  return last !== undefined && page.length === most
    ? { Items, LastEvaluatedKey: { pk: partition, sk: last.sort } }
    : { Items };
}

function isInOrder(order: number, operator: string): boolean {
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return order === 0;
  }
}
