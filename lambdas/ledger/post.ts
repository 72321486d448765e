import { type Account, BALANCE_ACCOUNTS, balanceAccountOf, balancesOf } from './accounts.ts';
import type { Effects } from './decision.ts';
import { indexKeysOf } from './index-keys.ts';
import type { Currency } from './money.ts';
import { type PhaseName, sumOfShares } from './postings.ts';
import {
  type Change,
  type Condition,
  inOrderOfRefusal,
  type RowRef,
  type RowWrite,
  textOf,
} from './row-writes.ts';

/** What one phase of one transaction does to the ledger. */
export type Phase = Effects & { readonly txnId: string; readonly name: PhaseName };

/** One row's part in a commit, while it is gathered. */
type Draft = {
  readonly row: RowRef;
  /** The phases that touch it, as `txnId:phase`. */
  readonly by: Set<string>;
  readonly conditions: Map<string, Condition>;
  readonly set: Map<string, unknown>;
  readonly add: Map<string, bigint>;
  readonly append: Map<string, readonly unknown[]>;
  readonly remove: Set<string>;
  /** Net movements by attribute, signed, in minor units. */
  readonly nets: Map<string, Net>;
  put?: Readonly<Record<string, unknown>>;
  isDeleted?: true;
};
type Net = {
  readonly amount: bigint;
  readonly phases: readonly string[];
  readonly limit: bigint | undefined;
};

/**
 * Turns postings, guards and changes into one write per row, netted per attribute, in the order of refusal.
 * The only module that changes a balance, and the only one that raises versions.
 * @throws where effects contradict each other: a defect of the rule that made them.
 */
export function post(phases: readonly Phase[]): readonly RowWrite[] {
  const drafts = new Drafts();
  for (const phase of phases) {
    for (const effect of [...phase.guards, ...phase.changes]) drafts.merge(effect, phase);
    for (const posting of phase.postings) {
      drafts.move(posting.source, -posting.amount, posting.currency, phase);
      drafts.move(posting.destination, posting.amount, posting.currency, phase);
    }
  }
  return drafts.writes();
}

/**
 * Writes of changes that belong to no transaction.
 * @throws where a change touches a row that holds a balance: its last change must name a transaction.
 */
export function postChanges(changes: readonly Change[]): readonly RowWrite[] {
  const balance = changes.find(({ row }) => hasBalances(row));
  if (balance !== undefined) throw new Error(`${balance.row.kind} changes in a transaction alone`);
  return post([{ txnId: '', name: 'accept', postings: [], guards: [], changes }]);
}

class Drafts {
  readonly #drafts = new Map<string, Draft>();

  merge(effect: Change, phase: Phase): void {
    const draft = this.#of(effect.row, phase);
    for (const condition of effect.conditions) draft.conditions.set(textOf(condition), condition);
    if (effect.put !== undefined) {
      assertNoBalance(draft, Object.keys(effect.put));
      if (draft.put !== undefined) throw new Error(`${effect.row.kind} is created twice`);
      draft.put = effect.put;
    }
    for (const [path, value] of Object.entries(effect.set ?? {})) setOnce(draft.set, path, value);
    for (const [path, value] of Object.entries(effect.append ?? {}))
      setOnce(draft.append, path, value);
    for (const [path, amount] of Object.entries(effect.add ?? {}))
      draft.add.set(path, (draft.add.get(path) ?? 0n) + amount);
    for (const path of effect.remove ?? []) draft.remove.add(path);
    if (effect.delete) draft.isDeleted = true;
    assertNoBalance(draft, [...draft.set.keys(), ...draft.add.keys(), ...draft.remove]);
  }

  /** Minor units, signed, on one account. System accounts have no row. */
  move(account: Account, amount: bigint, currency: Currency, phase: Phase): void {
    if ('merchantId' in account) {
      const { row: kind, attribute } = BALANCE_ACCOUNTS[account.name];
      if (kind === 'pool') throw new Error('a pool has no merchant');
      const limit = 'limit' in account ? account.limit : undefined;
      const draft = this.#of({ kind, merchantId: account.merchantId, currency }, phase);
      net(draft, attribute, amount, phase.name, limit);
    } else if ('shares' in account) {
      const total = sumOfShares(account.shares);
      if (total !== amount && total !== -amount) throw new Error('the shares are not the amount');
      const { attribute, sign } = BALANCE_ACCOUNTS[account.name];
      for (const share of account.shares) {
        const draft = this.#of({ kind: 'pool', currency, shard: share.shard }, phase);
        const signed = (amount < 0n ? -share.amount : share.amount) * sign;
        net(draft, attribute, signed, phase.name, undefined);
        if (share.conflicts !== undefined) draft.add.set('conflicts', share.conflicts);
      }
    }
  }

  writes(): readonly RowWrite[] {
    return inOrderOfRefusal([...this.#drafts.values()].map(writeOf));
  }

  #of(row: RowRef, { txnId, name }: Phase): Draft {
    const id = JSON.stringify(row);
    const draft = this.#drafts.get(id) ?? {
      row,
      by: new Set(),
      conditions: new Map(),
      set: new Map(),
      add: new Map(),
      append: new Map(),
      remove: new Set(),
      nets: new Map(),
    };
    draft.by.add(`${txnId}:${name}`);
    this.#drafts.set(id, draft);
    return draft;
  }
}

function setOnce<Value>(values: Map<string, Value>, path: string, value: Value): void {
  if (values.has(path)) throw new Error(`${path} is set twice`);
  values.set(path, value);
}

function assertNoBalance({ row }: Draft, paths: readonly string[]): void {
  const balance = paths.find((path) => balanceAccountOf(row.kind, path) !== undefined);
  if (balance !== undefined) throw new Error(`${row.kind}.${balance} changes by postings alone`);
}

function net(
  { nets, row }: Draft,
  attribute: string,
  amount: bigint,
  phase: string,
  limit: bigint | undefined,
): void {
  const before = nets.get(attribute);
  if (before?.limit !== undefined && limit !== undefined && before.limit !== limit)
    throw new Error(`${row.kind} is drawn on two limits`);
  nets.set(attribute, {
    amount: (before?.amount ?? 0n) + amount,
    phases: [...(before?.phases ?? []), phase],
    limit: limit ?? before?.limit,
  });
}

const EXISTS: Condition = { must: 'exist' };

/** A write is a creation, a deletion or a change, and each attribute changes in one way. */
function assertConsistent({ row, put, isDeleted, conditions, nets, ...changes }: Draft): void {
  const paths = [changes.set, changes.add, changes.append, changes.remove, nets].flatMap((each) => [
    ...each.keys(),
  ]);
  const changed = paths.length > 0;
  if (isDeleted && (changed || put !== undefined))
    throw new Error(`${row.kind} is deleted and changed at once`);
  if (put !== undefined && (paths.length > nets.size || conditions.size > 0))
    throw new Error(`${row.kind} is created and changed at once`);
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw new Error(`${twice} is set twice`);
}

function writeOf(draft: Draft): RowWrite {
  const { row, nets } = draft;
  const conditions = [...draft.conditions.values()];
  assertConsistent(draft);
  if (draft.isDeleted) return { row, action: 'delete', conditions };
  if (draft.put !== undefined) return creationOf(draft, draft.put);
  const isChange =
    nets.size + draft.set.size + draft.add.size + draft.append.size + draft.remove.size > 0;
  // A merchant row is always written: a mere check would not stop an archive that has already read it.
  if (!isChange && row.kind !== 'merchant') return { row, action: 'check', conditions };
  const invariants = [...nets].flatMap(([attribute, each]) => invariantsOf(draft, attribute, each));
  const all = [...conditions, ...invariants];
  const set = Object.fromEntries(draft.set);
  return {
    row,
    action: 'update',
    conditions: [
      ...new Map((all.length > 0 ? all : [EXISTS]).map((each) => [textOf(each), each])).values(),
    ],
    set: { ...set, ...indexKeysOf(row, set), ...(hasBalances(row) && { by: [...draft.by] }) },
    add: {
      ...Object.fromEntries(draft.add),
      ...Object.fromEntries([...nets].map(([attribute, { amount }]) => [attribute, amount])),
      ...(hasVersion(row) && { version: 1n }),
    },
    append: Object.fromEntries(draft.append),
    remove: [...draft.remove],
  };
}

/** A new row starts from nothing, with what the postings of the same transaction bring. */
function creationOf(draft: Draft, put: Readonly<Record<string, unknown>>): RowWrite {
  const { row, nets, by } = draft;
  const balances = balancesOf(row.kind).map((attribute): [string, bigint] => {
    const amount = nets.get(attribute)?.amount ?? 0n;
    if (amount < 0n) throw new Error(`${row.kind}.${attribute} would start below zero`);
    return [attribute, amount];
  });
  const item = {
    ...put,
    ...indexKeysOf(row, put),
    ...Object.fromEntries(balances),
    ...(hasVersion(row) && { version: 1n }),
    ...(hasBalances(row) && { by: [...by] }),
  };
  return { row, action: 'put', conditions: [{ must: 'be new' }], item };
}

function invariantsOf(
  { row, set }: Draft,
  attribute: string,
  { amount, phases, limit }: Net,
): readonly Condition[] {
  const account = balanceAccountOf(row.kind, attribute);
  if (account === undefined || amount === 0n) return [];
  const net = { row, attribute, phases, limit, opens: set.get('open') === true };
  return amount < 0n
    ? account.falls({ ...net, amount: -amount })
    : account.rises({ ...net, amount });
}

const hasBalances = ({ kind }: RowRef): boolean => balancesOf(kind).length > 0;
const hasVersion = (row: RowRef): boolean => row.kind === 'merchant' || hasBalances(row);
