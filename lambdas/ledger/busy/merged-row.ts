import { applyWrite, holds, type Row, valueAt } from '../apply.ts';
import { type Condition, type RowRef, type RowWrite, textOf } from '../row-writes.ts';

type Update = Extract<RowWrite, { action: 'update' }>;
type Comparison = Extract<Condition, { value: unknown }>;
type Bound = Extract<Condition, { must: 'be at least' | 'be at most' }>;

/** Attributes that `post` gives to a row as a whole. */
const VERSION = 'version';
const BY = 'by';

const isWithin = (path: string, outer: string): boolean =>
  path === outer || path.startsWith(`${outer}.`);

/**
 * One row of a group commit: as it was read, as the requests so far leave it, and the one write that turns the
 * first into the last (design, section 5, "Group commit").
 */
export class MergedRow {
  readonly row: RowRef;
  readonly #first: Row | undefined;
  #last: Row | undefined;
  #action: RowWrite['action'] = 'check';
  /** On the row as it was read. */
  readonly #conditions = new Map<string, Condition>();
  /** Paths whose last value replaces whatever is stored. */
  readonly #set = new Set<string>();
  readonly #add = new Map<string, bigint>();
  readonly #append = new Map<string, readonly unknown[]>();
  readonly #remove = new Set<string>();

  /** @param first the row as it was read, without it if there is none. */
  constructor(row: RowRef, first: Row | undefined) {
    this.row = row;
    this.#first = first;
    this.#last = first;
  }

  /** As the requests so far leave it. */
  get last(): Row | undefined {
    return this.#last;
  }

  /** Whether every condition of a write holds after the requests so far. A row is created or deleted once. */
  allows(write: RowWrite): boolean {
    return this.#isOnce(write) && write.conditions.every((each) => holds(this.#last, each));
  }

  /** The write of one more request, which must be allowed. */
  merge(write: RowWrite): void {
    const applied = applyWrite(this.#last, write);
    if (applied.kind === 'failed' || !this.#isOnce(write))
      throw new Error(`${this.row.kind} does not allow this write`);
    for (const condition of write.conditions) this.#carryBack(condition);
    const earlier = this.#action === 'check' ? undefined : this.#last;
    if (write.action === 'update') this.#record(write);
    // A row that the group has created is stored as its requests leave it.
    if (write.action !== 'check' && this.#action !== 'put') this.#action = write.action;
    this.#last = withAllPhases(applied.row, earlier);
  }

  /** What was decided relies on the whole row: nobody else may change it, or create it, before the commit. */
  assertAsRead(): void {
    const version = valueAt(this.#first, VERSION);
    if (this.#first === undefined) this.#require({ must: 'be new' });
    else if (typeof version === 'bigint')
      this.#require({ must: 'equal', path: VERSION, value: version });
    else throw new Error(`${this.row.kind} has no version`);
  }

  /** One write for all requests. The version rises by one, as in every write. */
  write(): RowWrite {
    const { row } = this;
    const conditions = [...this.#conditions.values()];
    switch (this.#action) {
      case 'check':
      case 'delete':
        return { row, action: this.#action, conditions };
      case 'put': {
        const version = this.#last !== undefined && VERSION in this.#last && { version: 1n };
        return { row, action: 'put', conditions, item: { ...this.#last, ...version } };
      }
      case 'update':
        return { row, action: 'update', conditions, ...this.#changes() };
    }
  }

  #isOnce({ action }: RowWrite): boolean {
    if (this.#action === 'put') return action === 'update' || action === 'check';
    return this.#action !== 'delete' || action === 'check';
  }

  #record({ set, add, append, remove }: Update): void {
    for (const path of Object.keys(set)) {
      if (this.#isSet(path)) continue;
      this.#forget(path);
      this.#set.add(path);
    }
    for (const [path, amount] of Object.entries(add))
      if (!this.#isSet(path)) this.#add.set(path, this.#added(path) + amount);
    for (const [path, list] of Object.entries(append))
      if (!this.#isSet(path)) this.#append.set(path, [...(this.#append.get(path) ?? []), ...list]);
    for (const path of remove) {
      // The value that replaces the stored one no longer has it.
      if ([...this.#set].some((outer) => outer !== path && isWithin(path, outer))) continue;
      this.#forget(path);
      this.#remove.add(path);
    }
  }

  /** A path that is replaced as a whole has no other change. */
  #forget(path: string): void {
    for (const each of [this.#set, this.#remove, this.#add, this.#append])
      for (const inner of each.keys()) if (isWithin(inner, path)) each.delete(inner);
  }

  readonly #isSet = (path: string): boolean => [...this.#set].some((each) => isWithin(path, each));
  readonly #added = (path: string): bigint => this.#add.get(path) ?? 0n;

  /** A condition on the row as it is now, as what must hold of the row that was read. */
  #carryBack(condition: Condition): void {
    // Whoever creates the row knows what is in it.
    if (this.#action === 'put') return;
    if (!('path' in condition)) {
      this.#require(condition);
      return;
    }
    const { path } = condition;
    const isOurs = this.#isSet(path) || [...this.#remove].some((each) => isWithin(path, each));
    if (isOurs) return;
    this.#require('value' in condition ? before(condition, this.#added(path)) : condition);
  }

  /** Of several bounds on one path, the narrowest. */
  #require(condition: Condition): void {
    if (condition.must !== 'be at least' && condition.must !== 'be at most') {
      this.#conditions.set(textOf(condition), condition);
      return;
    }
    const id = `${condition.must} ${condition.path}`;
    this.#conditions.set(id, narrower(this.#conditions.get(id), condition));
  }

  #changes(): Pick<Update, 'set' | 'add' | 'append' | 'remove'> {
    const add = [...this.#add].filter(([path, amount]) => amount !== 0n && path !== VERSION);
    return {
      set: Object.fromEntries([...this.#set].map((path) => [path, valueAt(this.#last, path)])),
      add: { ...Object.fromEntries(add), ...(this.#add.has(VERSION) && { [VERSION]: 1n }) },
      append: Object.fromEntries(this.#append),
      remove: [...this.#remove],
    };
  }
}

/** `by` names the phases of all requests, each once. */
const withAllPhases = (after: Row | undefined, before: Row | undefined): Row | undefined => {
  const [earlier, later] = [valueAt(before, BY), valueAt(after, BY)];
  return Array.isArray(earlier) && Array.isArray(later)
    ? { ...after, [BY]: [...new Set([...earlier, ...later])] }
    : after;
};

/** What held of a sum before the group added to it. */
function before(condition: Comparison, added: bigint): Condition {
  switch (condition.must) {
    case 'equal':
      return typeof condition.value === 'bigint'
        ? { ...condition, value: condition.value - added }
        : condition;
    case 'be at least':
    case 'be at most':
      return { ...condition, value: condition.value - added };
    case 'differ':
    case 'be after':
      return condition;
  }
}

function narrower(known: Condition | undefined, bound: Bound): Bound {
  if (known === undefined || !('value' in known) || typeof known.value !== 'bigint') return bound;
  const isNarrower =
    bound.must === 'be at least' ? bound.value > known.value : bound.value < known.value;
  return isNarrower ? bound : { ...bound, value: known.value };
}
