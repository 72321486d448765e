import type { MinorUnits } from './money.ts';
import { type PoolShare, ROOT } from './pool/pool.ts';
import type { Condition, RowRef } from './row-writes.ts';

/** Accounts without a row: no rule reads what they hold. */
export const SYSTEM_ACCOUNTS = [
  'funding',
  'outside',
  'clearing',
  'fees',
  'bank',
  'operator',
  'exchange',
  'suspense',
] as const;

/** The source or destination of a posting. A balance account carries the owner of its row. */
export type Account =
  | { readonly name: (typeof SYSTEM_ACCOUNTS)[number] }
  | { readonly name: 'wallet.available' | 'wallet.pending'; readonly merchantId: string }
  | {
      readonly name: 'credit';
      readonly merchantId: string;
      /** The limit as read. Needed only where `utilised` rises. */
      readonly limit?: MinorUnits;
    }
  | {
      readonly name: 'pool.available' | 'pool.lent';
      /** Which rows of the pool pay or receive which part. */
      readonly shares: readonly PoolShare[];
    };
export type BalanceAccountName =
  | 'wallet.available'
  | 'wallet.pending'
  | 'credit'
  | `pool.${'available' | 'lent'}`;

type Net = {
  readonly row: RowRef;
  readonly attribute: string;
  /** Minor units, positive. */
  readonly amount: bigint;
  /** The phases that move it. */
  readonly phases: readonly string[];
  readonly limit: bigint | undefined;
  /** Whether the same write opens its shard. */
  readonly opens: boolean;
};
type BalanceAccount = {
  readonly row: 'wallet' | 'credit' | 'pool';
  readonly attribute: 'available' | 'pending' | 'utilised' | 'lent';
  /** Its name in stored phases: short, since every phase of every transaction repeats it. */
  readonly stored: string;
  /** -1 where the attribute is minus the account's balance. */
  readonly sign: 1n | -1n;
  /** What must hold when the attribute falls or rises by the net amount of a transaction. */
  readonly falls: (net: Net) => readonly Condition[];
  readonly rises: (net: Net) => readonly Condition[];
};

const covered = ({ attribute, amount }: Net): readonly Condition[] => [
  { must: 'be at least', path: attribute, value: amount },
];
const MAY_CREDIT_CLOSED: ReadonlySet<string> = new Set(['refund', 'return']);
const EXISTS: Condition = { must: 'exist' };
const notClosed = ({ phases }: Net): readonly Condition[] =>
  phases.every((phase) => MAY_CREDIT_CLOSED.has(phase))
    ? [EXISTS]
    : [EXISTS, { must: 'be absent', path: 'closed' }];
function withinLimit({ attribute, amount, limit }: Net): readonly Condition[] {
  if (limit === undefined) throw new Error('credit is drawn without the limit that was read');
  return [
    { must: 'equal', path: 'limit', value: limit },
    { must: 'be at most', path: attribute, value: limit - amount },
  ];
}
const isShard = ({ row }: Net): boolean => row.kind === 'pool' && row.shard !== ROOT;
const OPEN: Condition = { must: 'equal', path: 'open', value: true };
/** What a closed shard held would be missing from what the root proves. */
const coveredAndOpen = (net: Net): readonly Condition[] => [
  ...(isShard(net) ? [OPEN] : []),
  ...covered(net),
];
const openOrOpening = (net: Net): readonly Condition[] => {
  if (!isShard(net)) return [EXISTS];
  return net.opens ? [] : [OPEN];
};
const always = (): readonly Condition[] => [];

/**
 * The balance accounts and their invariants (design, section 3, "Accounts and their invariants"): the only
 * place that says what may not be violated.
 */
export const BALANCE_ACCOUNTS: Readonly<Record<BalanceAccountName, BalanceAccount>> = {
  'wallet.available': {
    stored: 'wallet',
    row: 'wallet',
    attribute: 'available',
    sign: 1n,
    falls: covered,
    rises: notClosed,
  },
  'wallet.pending': {
    stored: 'pending',
    row: 'wallet',
    attribute: 'pending',
    sign: 1n,
    falls: covered,
    rises: notClosed,
  },
  credit: {
    stored: 'credit',
    row: 'credit',
    attribute: 'utilised',
    sign: 1n,
    falls: covered,
    rises: withinLimit,
  },
  'pool.available': {
    stored: 'pool',
    row: 'pool',
    attribute: 'available',
    sign: 1n,
    falls: coveredAndOpen,
    rises: openOrOpening,
  },
  // The contra account of all credit lines: credit may return to another row than the one that lent it.
  'pool.lent': {
    stored: 'lent',
    row: 'pool',
    attribute: 'lent',
    sign: -1n,
    falls: always,
    rises: always,
  },
};

export const balanceAccountOf = (row: string, attribute: string): BalanceAccount | undefined =>
  Object.values(BALANCE_ACCOUNTS).find((each) => each.row === row && each.attribute === attribute);

/** The balances of a kind of row; empty for rows that hold none. */
export const balancesOf = (row: string): readonly string[] =>
  Object.values(BALANCE_ACCOUNTS)
    .filter((each) => each.row === row)
    .map(({ attribute }) => attribute);
