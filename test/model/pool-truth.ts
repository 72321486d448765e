import type { WrittenRow } from '../harness/contention/table-state.ts';

type Moment = { readonly at: number; readonly total: bigint };

/**
 * What a pool really held, from every committed transaction in the order of the decisions. A credit counts
 * only once it is acknowledged: until then nobody can tell that a refusal came after it. A debit counts at once.
 */
export class PoolTruth {
  readonly #now: () => number;
  readonly #moments: Moment[];
  readonly #credits = new Map<readonly WrittenRow[], bigint>();
  #total: bigint;
  lowestRow = 0n;

  constructor(now: () => number, funds: bigint) {
    this.#now = now;
    this.#total = funds;
    this.#moments = [{ at: 0, total: funds }];
  }

  committed(rows: readonly WrittenRow[]): void {
    const change = rows.reduce((sum, { before, after }) => sum + held(after) - held(before), 0n);
    for (const { after } of rows) {
      const now = held(after);
      if (now < this.lowestRow) this.lowestRow = now;
    }
    if (change < 0n) this.#moves(change);
    if (change > 0n) this.#credits.set(rows, change);
  }

  acknowledged(rows: readonly WrittenRow[]): void {
    this.#moves(this.#credits.get(rows) ?? 0n);
    this.#credits.delete(rows);
  }

  /** Whether the pool held less than `amount` minor units at some moment from `since` until now. */
  couldNotPay(amount: bigint, since: number): boolean {
    for (let index = this.#moments.length - 1; index >= 0; index -= 1) {
      const moment = this.#moments[index];
      if (moment === undefined) break;
      if (moment.total < amount) return true;
      // It lasted until the next one, and so into the call.
      if (moment.at <= since) break;
    }
    return false;
  }

  #moves(change: bigint): void {
    if (change === 0n) return;
    this.#total += change;
    this.#moments.push({ at: this.#now(), total: this.#total });
  }
}

/** What a row of a pool holds; zero of any other row. */
const held = (row: WrittenRow['after']): bigint =>
  row?.['sk'] === 'POOL' ? BigInt(String(row['available'])) : 0n;
