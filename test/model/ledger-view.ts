import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from '@jest/globals';
import type { Harness } from '../harness/harness.ts';
import { type LedgerSnapshot, type Row, readSnapshot, rowId, snapshotOf } from './snapshot.ts';

type Target = { readonly TableName?: string; readonly Key?: Row; readonly Item?: Row };
type Writes = {
  readonly TransactItems?: readonly { readonly [action: string]: Target | undefined }[];
};

/**
 * The Ledger during a model run. Scanning the table for every command took most of a run's time, so this
 * reads again only the rows that a transaction has named since. `expectComplete` proves that nothing else
 * changes the table.
 */
export class LedgerView {
  readonly #harness: Harness;
  /** Keys that were named by a write since they were read, by `pk|sk`. */
  readonly #written = new Map<string, Row>();
  #snapshot: LedgerSnapshot;

  private constructor(harness: Harness, snapshot: LedgerSnapshot) {
    this.#harness = harness;
    this.#snapshot = snapshot;
    // Before the faults: a write whose answer is lost may have been committed.
    harness.context.ledger.dynamo.middlewareStack.add(
      (next) => async (args) => {
        const keys = this.#keysIn(args.input as Writes);
        const name = (): void => {
          for (const key of keys) this.#written.set(rowId(key), key);
        };
        name();
        // Again once it is decided: another request may have read the rows in between.
        return next(args).finally(name);
      },
      { step: 'initialize', priority: 'high', name: 'recordWrites', override: true },
    );
  }

  static async open(harness: Harness): Promise<LedgerView> {
    return new LedgerView(harness, await readSnapshot(harness));
  }

  /** The Ledger as it is. Rows that did not change are the same objects as before. */
  async read(): Promise<LedgerSnapshot> {
    if (this.#written.size === 0) return this.#snapshot;
    const keys = [...this.#written.values()];
    this.#written.clear();
    const rows = new Map(this.#snapshot.rows);
    for (const key of keys) rows.delete(rowId(key));
    for (const row of await this.#rowsAt(keys)) rows.set(rowId(row), row);
    this.#snapshot = snapshotOf(rows.values());
    return this.#snapshot;
  }

  /** The table has exactly the rows of this view. */
  async expectComplete(): Promise<void> {
    const { rows } = await this.read();
    const stored = (await readSnapshot(this.#harness)).rows;
    expect(new Map([...rows].toSorted())).toEqual(new Map([...stored].toSorted()));
  }

  #keysIn({ TransactItems = [] }: Writes): readonly Row[] {
    const { ledgerTable } = this.#harness.engine;
    return TransactItems.flatMap(({ Put, Update, Delete }) => [Put, Update, Delete])
      .filter((target) => target?.TableName === ledgerTable)
      .map((target) => target?.Key ?? target?.Item ?? {})
      .map(({ pk, sk }) => ({ pk, sk }));
  }

  async #rowsAt(keys: readonly Row[]): Promise<readonly Row[]> {
    const { engine, faultless } = this.#harness;
    const table = engine.ledgerTable;
    const found: Row[] = [];
    for (let from = 0; from < keys.length; from += 100) {
      const Keys = keys.slice(from, from + 100);
      const { Responses } = await faultless.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
      );
      found.push(...(Responses?.[table] ?? []));
    }
    return found;
  }
}
