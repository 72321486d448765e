import { creditRow, walletRow } from '../../lambdas/ledger/balances.ts';
import { merchantOf } from '../../lambdas/ledger/keys.ts';
import { merchantRow } from '../../lambdas/ledger/merchant.ts';
import { pendingReleaseRow } from '../../lambdas/ledger/pending-releases.ts';
import { poolRoot, poolShardRow } from '../../lambdas/ledger/pool/pool.ts';
import { isShown, transactionRow } from '../../lambdas/ledger/transactions.ts';
import { quoteRow } from '../../lambdas/operations/conversions/quote-rule.ts';
import { creditRequestRow } from '../../lambdas/operations/credit/request-rule.ts';
import type { Harness } from '../harness/harness.ts';

export type Row = Readonly<Record<string, unknown>>;

/** `pk|sk`: a row of the Ledger in one text. */
export const rowId = ({ pk, sk }: Row): string => `${String(pk)}|${String(sk)}`;

/** Computes once for each object: what is unchanged is the same object in the next snapshot. */
export function once<From extends object, Result>(
  compute: (from: From) => Result,
): (from: From) => Result {
  const known = new WeakMap<From, { readonly result: Result }>();
  return (from) => {
    const found = known.get(from) ?? { result: compute(from) };
    known.set(from, found);
    return found.result;
  };
}

/** What the schema of a row leaves out: its key, and the merchant in whose partition it is. */
const place = (row: Row) => ({ rowId: rowId(row), owner: merchantOf(String(row['pk'])) });
const transaction = once((row: Row) => transactionRow.parse(row));
const merchant = once((row: Row) => merchantRow.parse(row));
const creditLine = once((row: Row) => ({ ...place(row), ...creditRow.parse(row) }));
const wallet = once((row: Row) => ({ ...place(row), ...walletRow.parse(row) }));
const release = once((row: Row) => ({ ...place(row), ...pendingReleaseRow.parse(row) }));
const creditRequest = once((row: Row) => creditRequestRow.parse(row));
const quote = once((row: Row) => ({ ...place(row), ...quoteRow.parse(row) }));
const root = once((row: Row) => ({ ...place(row), ...poolRoot.parse(row) }));
const shard = once((row: Row) => ({ ...place(row), ...poolShardRow.parse(row) }));

const isRoot = (row: Row): boolean => 'shards' in row;

/** The Ledger table at one moment, by kind of row. */
export type LedgerSnapshot = ReturnType<typeof snapshotOf>;

export function snapshotOf(rows: Iterable<Row>) {
  const byId = new Map([...rows].map((row): [string, Row] => [rowId(row), row]));
  const under = (prefix: string): readonly Row[] =>
    [...byId.values()].filter(({ sk }) => String(sk).startsWith(prefix));
  return {
    /** Every row as it is stored, by `pk|sk`. */
    rows: byId,
    /** Without proposals: they have done nothing. */
    transactions: under('TXN#').map(transaction).filter(isShown),
    merchants: under('MERCHANT').map(merchant),
    credit: under('CREDIT#').map(creditLine),
    wallets: under('WALLET#').map(wallet),
    releases: under('RELEASE#').map(release),
    creditRequests: under('CREDITREQ#')
      .filter((row) => 'status' in row)
      .map(creditRequest),
    quotes: under('QUOTE#').map(quote),
    roots: under('POOL').filter(isRoot).map(root),
    shards: under('POOL')
      .filter((row) => !isRoot(row))
      .map(shard),
  };
}

export const readSnapshot = async (harness: Pick<Harness, 'rows'>): Promise<LedgerSnapshot> =>
  snapshotOf(await harness.rows());
