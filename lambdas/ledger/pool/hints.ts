import { type Currency, smaller } from '../money.ts';
import type { RowRef, RowWrite } from '../row-writes.ts';
import type { PoolKnowledge } from './choice.ts';
import {
  type PoolRoot,
  type PoolShardRow,
  type PoolShare,
  poolRoot,
  poolShardRow,
  ROOT,
} from './pool.ts';

/** What was seen longer ago is not known any more: other processes move money too. */
const FRESH_MS = 10_000;
/** What lost a race is not tried again at once. */
const CONTENDED_MS = 60;
/** A process that has seen fewer debits does not know what is usual. */
const ENOUGH_DEBITS = 8;

/** What it can pay, in minor units: nothing while it is closed. */
type Row = { readonly canPay: bigint; readonly seenAt: number };
type Time = { readonly clock: () => number; readonly random: () => number };

/** What one write of a transaction that was cancelled met. */
export type WriteFailure = {
  readonly row: RowRef;
  readonly met: 'condition' | 'conflict' | 'throttled';
  /** The row that failed its condition. */
  readonly existing: unknown;
};

/**
 * What this process knows of one pool: what it saw, took and lost. A hint is a reason to try a row, never
 * one to refuse. Each process learns by itself, from every answer.
 */
class PoolHints {
  readonly #time: Time;
  #root: (Pick<PoolRoot, 'shards' | 'low'> & { readonly seenAt: number }) | undefined;
  readonly #rows = new Map<string, Row>();
  readonly #lostAt = new Map<string, number>();
  readonly #conflicts = new Map<string, bigint>();
  #debits = 0;
  /** Eight times the running mean of what is drawn, in minor units: division would lose a small mean. */
  #usual = 0n;

  constructor(time: Time) {
    this.#time = time;
  }

  /** How many shards there are; undefined where that is not known, or not any more. */
  get shards(): number | undefined {
    return this.#fresh(this.#root)?.shards;
  }

  /** Below this many minor units, an open shard is too small for what is usually drawn. */
  get low(): bigint {
    return this.#debits < ENOUGH_DEBITS ? (this.#root?.low ?? 0n) : this.#usual / 4n;
  }

  knowledge(shards: number): PoolKnowledge {
    return {
      shards,
      canPay: (shard) => this.#fresh(this.#rows.get(shard))?.canPay,
      isContended: (shard) => this.isContended(shard),
      random: this.#time.random,
    };
  }

  /** Lost to another transaction a moment ago. */
  isContended(shard: string): boolean {
    const lostAt = this.#lostAt.get(shard);
    return lostAt !== undefined && this.#time.clock() - lostAt < CONTENDED_MS;
  }

  /**
   * A debit of so many minor units was committed. What was only asked for does not count: nobody may make
   * every shard look small. One large amount does not change much what is usual.
   */
  drew(amount: bigint): void {
    this.#debits += 1;
    if (this.#debits === 1) this.#usual = 8n * amount;
    else this.#usual += smaller(amount, this.#usual / 4n) - this.#usual / 8n;
  }

  sawRoot({ shards, low }: PoolRoot): void {
    this.#root = { shards, low, seenAt: this.#time.clock() };
  }

  sawShard({ shard, open, available }: Pick<PoolShardRow, 'shard' | 'open' | 'available'>): void {
    this.#rows.set(shard, { canPay: open ? available : 0n, seenAt: this.#time.clock() });
  }

  /** The shares of an offer, with the conflicts that were met on their rows. One offer takes them. */
  counted(shares: readonly PoolShare[]): readonly PoolShare[] {
    return shares.map((share) => {
      const conflicts = this.#conflicts.get(share.shard);
      this.#conflicts.delete(share.shard);
      return conflicts === undefined ? share : { ...share, conflicts };
    });
  }

  /** A commit changed the row. */
  changed(shard: string, write: Extract<RowWrite, { action: 'update' }>): void {
    const row = this.#rows.get(shard);
    if (row === undefined) return;
    const canPay = row.canPay + (write.add['available'] ?? 0n);
    // What other processes do to it is not known better than before.
    this.#rows.set(shard, { ...row, canPay });
  }

  /** Conflicts that are not counted on their row yet. */
  met(shard: string, conflicts: bigint): void {
    this.#conflicts.set(shard, (this.#conflicts.get(shard) ?? 0n) + conflicts);
  }

  /** A commit failed at the row. */
  lost(shard: string, { met, existing }: WriteFailure): void {
    if (met !== 'condition') {
      this.#lostAt.set(shard, this.#time.clock());
      if (met === 'conflict') this.met(shard, 1n);
    } else if (shard === ROOT) {
      const root = poolRoot.safeParse(existing);
      if (root.success) this.sawRoot(root.data);
    } else {
      const row = poolShardRow.safeParse(existing);
      if (row.success) this.sawShard({ ...row.data, shard });
    }
  }

  #fresh<Seen extends { readonly seenAt: number }>(seen: Seen | undefined): Seen | undefined {
    return seen !== undefined && this.#time.clock() - seen.seenAt < FRESH_MS ? seen : undefined;
  }
}

export type { PoolHints };

/** The hints of a process on all pools. */
export class Pools {
  readonly #time: Time;
  readonly #pools = new Map<Currency, PoolHints>();

  constructor(time: Time) {
    this.#time = time;
  }

  of(currency: Currency): PoolHints {
    const known = this.#pools.get(currency) ?? new PoolHints(this.#time);
    this.#pools.set(currency, known);
    return known;
  }

  /** What a commit has changed. A move within a pool leaves the sum of its rows as it is. */
  committed(writes: readonly RowWrite[]): void {
    const drawn = new Map<PoolHints, bigint>();
    for (const { hints, shard, write } of this.#updatesIn(writes)) {
      hints.changed(shard, write);
      drawn.set(hints, (drawn.get(hints) ?? 0n) - (write.add['available'] ?? 0n));
    }
    for (const [hints, amount] of drawn) if (amount > 0n) hints.drew(amount);
  }

  /** Where a commit has failed. */
  lost(writes: readonly RowWrite[], failures: readonly WriteFailure[]): void {
    for (const { hints, shard, write } of this.#updatesIn(writes)) {
      const { conflicts = 0n } = write.add;
      if (conflicts > 0n) hints.met(shard, conflicts);
    }
    for (const failure of failures) {
      const { row } = failure;
      if (row.kind === 'pool') this.of(row.currency).lost(row.shard, failure);
    }
  }

  #updatesIn(writes: readonly RowWrite[]) {
    return writes.flatMap((write) => {
      const { row } = write;
      return row.kind === 'pool' && write.action === 'update'
        ? [{ hints: this.of(row.currency), shard: row.shard, write }]
        : [];
    });
  }
}
