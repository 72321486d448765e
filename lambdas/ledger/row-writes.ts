import type { Currency } from './money.ts';

/** Rows of one operation's own in the partition of a merchant, each by its id. */
export type OwnRows = 'CREDITREQ' | 'QUOTE';

/** A row by what it is. `keys.ts` knows where it is stored. */
export type RowRef =
  | { readonly kind: 'response'; readonly table: string; readonly id: string }
  | { readonly kind: 'transaction'; readonly pk: string; readonly txnId: string }
  /** Another transaction than the one that is created or goes on: the one that it reverses. */
  | { readonly kind: 'reversed'; readonly pk: string; readonly txnId: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'sign-in'; readonly pool: string; readonly sub: string }
  | { readonly kind: 'merchant'; readonly merchantId: string }
  | {
      readonly kind: 'own';
      readonly merchantId: string;
      readonly of: OwnRows;
      readonly id: string;
    }
  | { readonly kind: 'credit' | 'wallet'; readonly merchantId: string; readonly currency: Currency }
  | { readonly kind: 'pool'; readonly currency: Currency; readonly shard: string }
  | {
      readonly kind: 'release';
      readonly merchantId: string;
      readonly currency: Currency;
      readonly releaseAt: string;
      readonly depositId: string;
    };

/**
 * Every write is labelled by the kind of its row. The order is the order of refusal (design, section 3):
 * while one write is undecided, nothing may be concluded from those after it.
 */
export const LABELS = [
  'response',
  'transaction',
  'reversed',
  'name',
  'sign-in',
  'merchant',
  'own',
  'credit',
  'wallet',
  'pool',
  'release',
] as const satisfies readonly RowRef['kind'][];
export type Label = (typeof LABELS)[number];

/** What must hold of one attribute, or of the row, for a transaction to commit. Paths use dots. */
export type Condition =
  | { readonly must: 'exist' | 'be new' }
  | { readonly must: 'be absent'; readonly path: string }
  | { readonly must: 'equal'; readonly path: string; readonly value: string | bigint | boolean }
  | { readonly must: 'be at least' | 'be at most'; readonly path: string; readonly value: bigint }
  /** A missing attribute differs from every text, and is after none. */
  | { readonly must: 'differ' | 'be after'; readonly path: string; readonly value: string }
  | { readonly must: 'be one of'; readonly path: string; readonly values: readonly string[] };

/** The same for equal conditions, and different for others. */
export const textOf = (condition: Condition): string =>
  JSON.stringify(condition, (_key, value) =>
    typeof value === 'bigint' ? { units: value.toString() } : value,
  );

/** What a decision relies on without changing it. */
export type Guard = { readonly row: RowRef; readonly conditions: readonly Condition[] };

/** A change of one row that moves no money: balances change by postings alone. */
export type Change = Guard & {
  /** The attributes of a row that must not exist yet. */
  readonly put?: Readonly<Record<string, unknown>>;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly add?: Readonly<Record<string, bigint>>;
  readonly append?: Readonly<Record<string, readonly unknown[]>>;
  readonly remove?: readonly string[];
  readonly delete?: true;
};

/** The only write of one row in one transaction. */
export type RowWrite = { readonly row: RowRef; readonly conditions: readonly Condition[] } & (
  | { readonly action: 'put'; readonly item: Readonly<Record<string, unknown>> }
  | {
      readonly action: 'update';
      readonly set: Readonly<Record<string, unknown>>;
      readonly add: Readonly<Record<string, bigint>>;
      readonly append: Readonly<Record<string, readonly unknown[]>>;
      readonly remove: readonly string[];
    }
  | { readonly action: 'delete' | 'check' }
);

export const inOrderOfRefusal = (writes: readonly RowWrite[]): readonly RowWrite[] =>
  writes.toSorted((a, b) => LABELS.indexOf(a.row.kind) - LABELS.indexOf(b.row.kind));
