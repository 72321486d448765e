import type { Row } from '../../../lambdas/ledger/apply.ts';
import { sizeOf } from '../size.ts';
import { compareTexts, copyOf, isMap } from './stored.ts';

/** A place for a row, and what transactions keep beside it. It stays when its row is deleted. */
export type Item = {
  /** As `nameOf` in `lambdas/ledger/apply.ts` names rows: `pk|sk`, or the id. */
  readonly name: string;
  readonly table: string;
  readonly partition: string;
  readonly sort: string;
  /** The last committed value. */
  row: Row | undefined;
  /** Of the row, in bytes. */
  size: number;
  /** The transaction that prepared a write and has not finished. */
  holder: number | undefined;
  /** Of the last transaction that was committed. */
  timestamp: number;
  /** Raised by every commit. */
  lsn: number;
};

/** The key of a row or of a request: `pk` and `sk`, or `id` alone. */
export type ItemKey = { readonly partition: string; readonly sort: string };

export function keyIn(attributes: unknown): ItemKey {
  if (isMap(attributes)) {
    const { pk, sk, id } = attributes;
    if (typeof pk === 'string' && typeof sk === 'string') return { partition: pk, sort: sk };
    if (typeof id === 'string') return { partition: id, sort: '' };
  }
  throw new Error('a key is pk and sk, or id');
}

/** Of a row that may not exist. */
export const sizeOfRow = (row: Row | undefined): number => (row === undefined ? 0 : sizeOf(row));

export function setRow(item: Item, row: Row | undefined): void {
  item.row = row;
  item.size = sizeOfRow(row);
}

/** The items of all tables, by partition. */
export class StoredItems {
  readonly #tables = new Map<string, Map<string, Map<string, Item>>>();

  find(table: string, { partition, sort }: ItemKey): Item | undefined {
    return this.#tables.get(table)?.get(partition)?.get(sort);
  }

  /** An item that is to be written. */
  at(table: string, { partition, sort }: ItemKey): Item {
    const partitions = entryOf(this.#tables, table, () => new Map<string, Map<string, Item>>());
    const items = entryOf(partitions, partition, () => new Map<string, Item>());
    return entryOf(items, sort, () => ({
      name: sort === '' ? partition : `${partition}|${sort}`,
      table,
      partition,
      sort,
      row: undefined,
      size: 0,
      holder: undefined,
      timestamp: Number.NEGATIVE_INFINITY,
      lsn: 0,
    }));
  }

  /** In the order of the sort keys. */
  under(table: string, partition: string): readonly Item[] {
    const items = this.#tables.get(table)?.get(partition)?.values() ?? [];
    return [...items].sort((a, b) => compareTexts(a.sort, b.sort));
  }

  /** The committed rows of a table. */
  rows(table: string): readonly Row[] {
    const partitions = [...(this.#tables.get(table)?.values() ?? [])];
    const items = partitions.flatMap((each) => [...each.values()]);
    return items.flatMap(({ row }) => (row === undefined ? [] : [copyOf(row)]));
  }
}

function entryOf<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
