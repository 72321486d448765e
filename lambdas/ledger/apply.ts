import { isDeepStrictEqual } from 'node:util';
import { keyOf, ledgerKeyOf, nameOfKey } from './keys.ts';
import type { Condition, Label, RowRef, RowWrite } from './row-writes.ts';

export type Row = Readonly<Record<string, unknown>>;

type Applied =
  /** The row after the write; undefined where it was deleted, or checked to be absent. */
  | { readonly kind: 'applied'; readonly row: Row | undefined }
  /** The first condition that does not hold. The row stays as it is. */
  | { readonly kind: 'failed'; readonly condition: Condition };

/**
 * One row write on a row in memory, as DynamoDB applies it.
 * @throws where DynamoDB rejects the request itself: it adds or appends to a missing attribute, or sets a
 * path in a missing map.
 */
export function applyWrite(row: Row | undefined, write: RowWrite): Applied {
  const condition = write.conditions.find((each) => !holds(row, each));
  if (condition !== undefined) return { kind: 'failed', condition };
  switch (write.action) {
    case 'put':
      return { kind: 'applied', row: { ...keyOf(write.row), ...asRow(asStored(write.item)) } };
    case 'update':
      return { kind: 'applied', row: updated(row ?? keyOf(write.row), write) };
    case 'delete':
      return { kind: 'applied', row: undefined };
    case 'check':
      return { kind: 'applied', row };
  }
}

/** Rows in memory by `nameOf`. */
export type Rows = ReadonlyMap<string, Row>;
export const nameOf = (ref: RowRef): string =>
  ref.kind === 'response' ? ref.id : nameOfKey(ledgerKeyOf(ref));

type AllApplied =
  | { readonly kind: 'committed'; readonly rows: Rows }
  /** The first write whose condition failed, as `commit` tells it, and that condition. */
  | {
      readonly kind: 'refused';
      readonly by: Label;
      readonly existing: Row | undefined;
      readonly condition: Condition;
    };

/** The writes of one transaction: all of them, or none. */
export function applyWrites(rows: Rows, writes: readonly RowWrite[]): AllApplied {
  const after = new Map(rows);
  for (const write of writes) {
    const name = nameOf(write.row);
    const existing = rows.get(name);
    const applied = applyWrite(existing, write);
    if (applied.kind === 'failed') {
      return { kind: 'refused', by: write.row.kind, existing, condition: applied.condition };
    }
    if (applied.row === undefined) after.delete(name);
    else after.set(name, applied.row);
  }
  return { kind: 'committed', rows: after };
}

/** A comparison with a missing attribute is false, as in DynamoDB. */
export function holds(row: Row | undefined, condition: Condition): boolean {
  switch (condition.must) {
    case 'exist':
      return row !== undefined;
    case 'be new':
      return row === undefined;
    case 'be absent':
      return valueAt(row, condition.path) === undefined;
    case 'equal':
      return isDeepStrictEqual(valueAt(row, condition.path), condition.value);
    case 'differ':
      return valueAt(row, condition.path) !== condition.value;
    case 'be after': {
      const value = valueAt(row, condition.path);
      return typeof value === 'string' && value > condition.value;
    }
    case 'be at least':
      return isNumber(row, condition.path, (value) => value >= condition.value);
    case 'be at most':
      return isNumber(row, condition.path, (value) => value <= condition.value);
    case 'be one of':
      return condition.values.some((value) => value === valueAt(row, condition.path));
  }
}

const isNumber = (
  row: Row | undefined,
  path: string,
  compare: (value: bigint) => boolean,
): boolean => {
  const value = valueAt(row, path);
  return typeof value === 'bigint' && compare(value);
};

export const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const valueAt = (row: Row | undefined, path: string): unknown =>
  path.split('.').reduce<unknown>((value, part) => (isRow(value) ? value[part] : undefined), row);

function updated(row: Row, write: Extract<RowWrite, { action: 'update' }>): Row {
  let after = row;
  for (const [path, value] of Object.entries(write.set)) {
    after = withValue(after, path, asStored(value));
  }
  for (const [path, amount] of Object.entries(write.add)) {
    const before = valueAt(row, path);
    if (typeof before !== 'bigint') throw new Error(`${path} is no number to add to`);
    after = withValue(after, path, before + amount);
  }
  for (const [path, list] of Object.entries(write.append)) {
    const before = valueAt(row, path);
    if (!Array.isArray(before)) throw new Error(`${path} is no list to append to`);
    after = withValue(after, path, [...before, ...list.map(asStored)]);
  }
  for (const path of write.remove) after = withValue(after, path, undefined);
  return after;
}

/** The row with another value at a path; undefined removes it. */
function withValue(row: Row, path: string, value: unknown): Row {
  const [first = '', ...rest] = path.split('.');
  if (rest.length > 0) {
    const inner = row[first];
    if (!isRow(inner)) throw new Error(`${path} is in no map`);
    return { ...row, [first]: withValue(inner, rest.join('.'), value) };
  }
  const { [first]: _replaced, ...others } = row;
  return value === undefined ? others : { ...others, [first]: value };
}

/** A value as the document client returns it: whole numbers are bigint, and nothing is undefined. */
export function asStored(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value);
  if (Array.isArray(value)) return value.map(asStored);
  if (!isRow(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([name, each]) => [name, asStored(each)]),
  );
}

const asRow = (value: unknown): Row => (isRow(value) ? value : {});
