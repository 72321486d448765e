import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { keyOf } from './keys.ts';
import type { Condition, RowRef, RowWrite } from './row-writes.ts';

type WriteItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

type Target = {
  readonly TableName: string;
  readonly ReturnValuesOnConditionCheckFailure: 'ALL_OLD';
};

/** Gathers the names and values of one write, so that no attribute name can be a reserved word. */
class Placeholders {
  readonly #names = new Map<string, string>();
  readonly #values = new Map<string, unknown>();

  /** A path with dots, such as `spent.USD.day`. */
  name(path: string): string {
    return path
      .split('.')
      .map((part) => {
        const known = this.#names.get(part) ?? `#n${this.#names.size}`;
        this.#names.set(part, known);
        return known;
      })
      .join('.');
  }

  value(value: unknown): string {
    const placeholder = `:v${this.#values.size}`;
    this.#values.set(placeholder, value);
    return placeholder;
  }

  get attributes() {
    return {
      ...(this.#names.size > 0 && {
        ExpressionAttributeNames: Object.fromEntries(
          [...this.#names].map(([part, placeholder]) => [placeholder, part]),
        ),
      }),
      ...(this.#values.size > 0 && {
        ExpressionAttributeValues: Object.fromEntries(this.#values),
      }),
    };
  }
}

const OPERATORS = {
  equal: '=',
  differ: '<>',
  'be at least': '>=',
  'be at most': '<=',
  'be after': '>',
};

function conditionText(condition: Condition, row: RowRef, to: Placeholders): string {
  switch (condition.must) {
    case 'exist':
      return `attribute_exists(${to.name(partitionKeyOf(row))})`;
    case 'be new':
      return `attribute_not_exists(${to.name(partitionKeyOf(row))})`;
    case 'be absent':
      return `attribute_not_exists(${to.name(condition.path)})`;
    case 'be one of':
      return `${to.name(condition.path)} IN (${condition.values.map((each) => to.value(each)).join(', ')})`;
    case 'equal':
    case 'differ':
    case 'be at least':
    case 'be at most':
    case 'be after':
      return `${to.name(condition.path)} ${OPERATORS[condition.must]} ${to.value(condition.value)}`;
  }
}

const partitionKeyOf = ({ kind }: RowRef): string => (kind === 'response' ? 'id' : 'pk');

function updateText(write: Extract<RowWrite, { action: 'update' }>, to: Placeholders): string {
  const sets = [
    ...Object.entries(write.set).map(([path, value]) => `${to.name(path)} = ${to.value(value)}`),
    ...Object.entries(write.add).map(
      ([path, amount]) => `${to.name(path)} = ${to.name(path)} + ${to.value(amount)}`,
    ),
    ...Object.entries(write.append).map(
      ([path, list]) => `${to.name(path)} = list_append(${to.name(path)}, ${to.value(list)})`,
    ),
  ];
  const removes = write.remove.map((path) => to.name(path));
  return [
    ...(sets.length > 0 ? [`SET ${sets.join(', ')}`] : []),
    ...(removes.length > 0 ? [`REMOVE ${removes.join(', ')}`] : []),
  ].join(' ');
}

/**
 * A row write as DynamoDB takes it: the only place that spells write expressions. A write whose condition
 * fails returns the row that failed it.
 */
export function transactItem(ledgerTable: string, write: RowWrite): WriteItem {
  const { row, conditions } = write;
  const to = new Placeholders();
  const texts = conditions.map((each) => conditionText(each, row, to));
  const target: Target = {
    TableName: row.kind === 'response' ? row.table : ledgerTable,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
  const ConditionExpression = texts.join(' AND ');
  const Key = keyOf(row);
  switch (write.action) {
    case 'put': {
      const Item = { ...Key, ...write.item };
      return { Put: { ...target, Item, ConditionExpression, ...to.attributes } };
    }
    case 'update': {
      const UpdateExpression = updateText(write, to);
      return {
        Update: { ...target, Key, UpdateExpression, ConditionExpression, ...to.attributes },
      };
    }
    case 'delete':
      return { Delete: { ...target, Key, ConditionExpression, ...to.attributes } };
    case 'check':
      return { ConditionCheck: { ...target, Key, ConditionExpression, ...to.attributes } };
  }
}
