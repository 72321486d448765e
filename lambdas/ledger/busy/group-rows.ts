import { isRow, nameOf, type Row } from '../apply.ts';
import type { LedgerContext } from '../context.ts';
import { type Key, ledgerKeyOf, nameOfKey, nameOfStored, versionedRowOf } from '../keys.ts';
import { ANY_SHARD } from '../pool/pool.ts';
import { inOrderOfRefusal, type RowRef, type RowWrite } from '../row-writes.ts';
import type { QueryCondition } from '../table.ts';
import { MergedRow } from './merged-row.ts';

/** The row of the pool that pays is chosen for all requests together. */
export const isKnown = ({ row }: RowWrite): boolean =>
  row.kind !== 'pool' || row.shard !== ANY_SHARD;

/**
 * The rows that one group of requests is decided on: each is read once, and then found as the requests before
 * have left it (design, section 5, "Group commit").
 */
export class GroupRows {
  /** Reads these rows; everything else is as in the ledger it was made from. */
  readonly ledger: LedgerContext;
  readonly #base: LedgerContext;
  readonly #loaded = new Map<string, Promise<Row | undefined>>();
  readonly #queried = new Map<string, Found>();
  #merged = new Map<string, MergedRow>();
  /** The rows of merchants that the current request has read. */
  #seen = new Map<string, RowRef>();

  constructor(base: LedgerContext, offer: NonNullable<LedgerContext['offer']>) {
    this.#base = base;
    this.ledger = {
      ...base,
      load: (key) => this.#load(key),
      query: (condition) => this.#query(condition),
      offer,
    };
  }

  /** Forgets what the requests have changed. What was read stays. */
  startOver(): void {
    this.#merged = new Map();
  }

  /** What is read from here on is what a refusal of the next request rests on. */
  beginRequest(): void {
    this.#seen = new Map();
  }

  /** How many rows the group writes, with these. */
  sizeWith(writes: readonly RowWrite[]): number {
    return new Set([...this.#merged.keys(), ...writes.map(({ row }) => nameOf(row))]).size;
  }

  /** Reads the rows that these writes change, at once. */
  readonly warm = async (writes: readonly RowWrite[]): Promise<void> => {
    await Promise.all(writes.filter(isKnown).map((write) => this.#firstOf(write)));
  };

  /**
   * Applies the writes of one request.
   * @returns false, with nothing applied, where a condition does not hold after the requests before.
   */
  async apply(writes: readonly RowWrite[]): Promise<boolean> {
    const rows = await Promise.all(
      writes.filter(isKnown).map(async (write) => ({
        write,
        merged:
          this.#merged.get(nameOf(write.row)) ??
          new MergedRow(write.row, await this.#firstOf(write)),
      })),
    );
    if (!rows.every(({ write, merged }) => merged.allows(write))) return false;
    for (const { write, merged } of rows) {
      merged.merge(write);
      this.#merged.set(nameOf(write.row), merged);
    }
    return true;
  }

  /**
   * The current request is refused. No row that it has read may change before the commit: a deposit in between
   * would make the refusal false.
   */
  async relyOnReads(): Promise<void> {
    for (const [name, row] of this.#seen) {
      const merged = this.#merged.get(name) ?? new MergedRow(row, await this.#loaded.get(name));
      merged.assertAsRead();
      this.#merged.set(name, merged);
    }
  }

  /** One write for each row, in the order of refusal. */
  writes(): readonly RowWrite[] {
    return inOrderOfRefusal([...this.#merged.values()].map((each) => each.write()));
  }

  async #load(key: Key): Promise<Row | undefined> {
    const name = nameOfKey(key);
    const row = versionedRowOf(key);
    if (row !== undefined) this.#seen.set(name, row);
    const merged = this.#merged.get(name);
    return merged === undefined ? this.#read(key) : merged.last;
  }

  /** As it was when the group first read it. */
  #read(key: Key): Promise<Row | undefined> {
    const name = nameOfKey(key);
    const known = this.#loaded.get(name);
    if (known !== undefined) return known;
    const reading = this.#base.load(key).then((row) => (isRow(row) ? row : undefined));
    this.#loaded.set(name, reading);
    // Perhaps another row of the same round trip failed. Whoever needs this one reads it again.
    reading.catch(() => this.#loaded.delete(name));
    return reading;
  }

  /** Of a write: responses and rows that must be new are not read, their condition says that they are missing. */
  async #firstOf({ row, action }: RowWrite): Promise<Row | undefined> {
    if (row.kind === 'response' || action === 'put') return undefined;
    return this.#read(ledgerKeyOf(row));
  }

  async *#query(condition: QueryCondition): AsyncGenerator<unknown> {
    const id = JSON.stringify(condition);
    const found = this.#queried.get(id) ?? new Found(this.#base.query(condition));
    this.#queried.set(id, found);
    for (let index = 0; ; index += 1) {
      const row = await found.at(index).catch((error: unknown) => {
        this.#queried.delete(id);
        throw error;
      });
      if (row === undefined) return;
      const name = nameOfStored(row);
      this.#loaded.set(name, this.#loaded.get(name) ?? Promise.resolve(row));
      const merged = this.#merged.get(name);
      const now = merged === undefined ? row : merged.last;
      if (now !== undefined) yield now;
    }
  }
}

/** What a query has found so far. It is asked for more only when somebody needs more. */
class Found {
  readonly #rows: AsyncGenerator<unknown>;
  readonly #taken: Promise<Row | undefined>[] = [];

  constructor(rows: AsyncGenerator<unknown>) {
    this.#rows = rows;
  }

  at(index: number): Promise<Row | undefined> {
    const taken = this.#taken[index] ?? this.#next();
    this.#taken[index] = taken;
    return taken;
  }

  async #next(): Promise<Row | undefined> {
    const { value, done } = await this.#rows.next();
    return done !== true && isRow(value) ? value : undefined;
  }
}
