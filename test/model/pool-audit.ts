import { BALANCE_ACCOUNTS } from '../../lambdas/ledger/accounts.ts';
import type { Row } from '../../lambdas/ledger/apply.ts';
import { type Posting, readPhase, storedPhase } from '../../lambdas/ledger/postings.ts';
import type { WrittenRow } from '../harness/contention/table-state.ts';
import { USD } from '../harness/in-memory-ledger.ts';
import { falseIn } from '../harness/pools.ts';

/** What was wrong after a commit, and when. */
type Violation = { readonly at: number; readonly what: readonly string[] };

const BALANCES = ['available', 'lent'] as const;
const unitsOf = (row: Row | undefined, attribute: string): bigint =>
  BigInt(String(row?.[attribute] ?? 0n));
const isOfPool = (row: Row | undefined): row is Row => row?.['sk'] === 'POOL';

/**
 * Checks a pool after every commit: what its root proves; each row against the postings that were stored; the sum
 * of all rows against what was paid in and out; and what it has lent against what merchants have utilised.
 */
export class PoolAudit {
  /** The first ones: one wrong row fails every commit after it. */
  readonly violations: Violation[] = [];
  readonly #now: () => number;
  readonly #rows = new Map<string, Row>();
  /** By row and attribute, in minor units. */
  readonly #posted = new Map<string, bigint>();
  #paidIn: bigint;
  #utilised = 0n;

  /** @param rows of the pool as it starts, which no posting has made. */
  constructor(now: () => number, rows: readonly Row[]) {
    this.#now = now;
    for (const row of rows) {
      const name = `${row['pk']}|${row['sk']}`;
      this.#rows.set(name, row);
      for (const attribute of BALANCES)
        this.#posted.set(`${name} ${attribute}`, unitsOf(row, attribute));
    }
    this.#paidIn = this.#sum('available');
  }

  committed(written: readonly WrittenRow[]): void {
    for (const { name, before, after } of written) {
      if (isOfPool(after)) this.#rows.set(name, after);
      for (const posting of newPostings(before, after)) this.#post(posting);
      if (String(after?.['sk']).startsWith('CREDIT#'))
        this.#utilised += unitsOf(after, 'utilised') - unitsOf(before, 'utilised');
    }
    if (!written.some(({ after }) => isOfPool(after))) return;
    const what = [...falseIn(this.#rows), ...this.#falseSums()];
    if (what.length > 0 && this.violations.length < 5)
      this.violations.push({ at: this.#now(), what });
  }

  #post({ source, destination, amount }: Posting): void {
    for (const [account, side] of [
      [source, -1n],
      [destination, 1n],
    ] as const) {
      if (!('shares' in account)) continue;
      const { attribute, sign } = BALANCE_ACCOUNTS[account.name];
      for (const share of account.shares) {
        const of = `POOL#${USD}#${share.shard}|POOL ${attribute}`;
        this.#posted.set(of, (this.#posted.get(of) ?? 0n) + side * sign * share.amount);
      }
    }
    if (destination.name === 'pool.available') this.#paidIn += amount;
    if (source.name === 'pool.available') this.#paidIn -= amount;
  }

  #falseSums(): readonly string[] {
    const rows = [...this.#posted].flatMap(([of, units]) => {
      const [name = '', attribute = ''] = of.split(' ');
      const held = unitsOf(this.#rows.get(name), attribute);
      return held === units ? [] : [`${of} is ${held}, and ${units} by its postings`];
    });
    const [available, lent] = [this.#sum('available'), this.#sum('lent')];
    return [
      ...rows,
      ...(available === this.#paidIn ? [] : [`has ${available} of ${this.#paidIn} paid in`]),
      ...(lent === this.#utilised ? [] : [`has lent ${lent}, but ${this.#utilised} are utilised`]),
    ];
  }

  #sum(attribute: (typeof BALANCES)[number]): bigint {
    return [...this.#rows.values()].reduce((sum, row) => sum + unitsOf(row, attribute), 0n);
  }
}

/** Those of the phases that a transaction's row has got with this write. */
function newPostings(before: Row | undefined, after: Row | undefined): readonly Posting[] {
  const phases = phasesOf(after).slice(phasesOf(before).length);
  const merchantId = after?.['merchantId'];
  const subject = {
    currency: USD,
    ...(typeof merchantId === 'string' && { merchantId }),
  };
  return phases.flatMap((phase) => readPhase(storedPhase.parse(phase), subject));
}

const phasesOf = (row: Row | undefined): readonly unknown[] => {
  const phases = row?.['phases'];
  return Array.isArray(phases) ? phases : [];
};
