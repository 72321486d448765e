import type { Account } from '../../lambdas/ledger/accounts.ts';
import { readPhase } from '../../lambdas/ledger/postings.ts';
import type { Transaction } from '../../lambdas/ledger/transactions.ts';
import { type LedgerSnapshot, once } from './snapshot.ts';

/** What a posting adds to one stored attribute, signed. The row of a system account is its name. */
type Cell = { readonly row: string; readonly attribute: string; readonly amount: bigint };

/** Where each account is stored, written a second time and independently of `accounts.ts`. */
function cellsOf(account: Account, currency: string, amount: bigint): readonly Cell[] {
  switch (account.name) {
    case 'wallet.available':
    case 'wallet.pending': {
      const attribute = account.name === 'wallet.available' ? 'available' : 'pending';
      return [{ row: `M#${account.merchantId}|WALLET#${currency}`, attribute, amount }];
    }
    case 'credit':
      return [{ row: `M#${account.merchantId}|CREDIT#${currency}`, attribute: 'utilised', amount }];
    case 'pool.available':
    case 'pool.lent':
      return account.shares.map((share) => {
        const signed = amount < 0n ? -share.amount : share.amount;
        const row = `POOL#${currency}#${share.shard}|POOL`;
        // The stored attribute is minus the balance of this account.
        return account.name === 'pool.lent'
          ? { row, attribute: 'lent', amount: -signed }
          : { row, attribute: 'available', amount: signed };
      });
    case 'funding':
    case 'outside':
    case 'clearing':
    case 'fees':
    case 'bank':
    case 'operator':
    case 'exchange':
    case 'suspense':
      return [{ row: account.name, attribute: currency, amount }];
  }
}

/** A phase that wrote a row: its text in `by`, and its time. */
export type Writer = { readonly by: string; readonly at: string };
type Leg = { readonly writer: Writer; readonly amount: bigint; readonly cells: readonly Cell[] };

/** Both ends of every posting of a transaction. */
export const legsOf = once((transaction: Transaction): readonly Leg[] =>
  transaction.phases.flatMap((phase) => {
    const writer = { by: `${transaction.txnId}:${phase.name}`, at: phase.at };
    return readPhase(phase, transaction).flatMap(({ source, destination, currency, amount }) => [
      { writer, amount: -amount, cells: cellsOf(source, currency, -amount) },
      { writer, amount, cells: cellsOf(destination, currency, amount) },
    ]);
  }),
);

export type Posted = {
  /** The sum of all postings, by row and attribute. */
  readonly totals: ReadonlyMap<string, bigint>;
  /** The phases that wrote each row, by `pk|sk` and `by`. */
  readonly writers: ReadonlyMap<string, ReadonlyMap<string, Writer>>;
};

/** All postings of all phases of all transactions, added up. */
export function postedIn(snapshot: LedgerSnapshot): Posted {
  const totals = new Map<string, bigint>();
  const writers = new Map<string, Map<string, Writer>>();
  const written = (row: string, writer: Writer): void => {
    const known = writers.get(row) ?? new Map<string, Writer>();
    writers.set(row, known.set(writer.by, writer));
  };
  for (const transaction of snapshot.transactions) {
    for (const { writer, cells } of legsOf(transaction)) {
      for (const { row, attribute, amount } of cells) {
        const name = `${row}|${attribute}`;
        totals.set(name, (totals.get(name) ?? 0n) + amount);
        written(row, writer);
      }
    }
    for (const row of openedOrClosed(transaction, snapshot)) {
      written(row, { by: `${transaction.txnId}:accept`, at: transaction.createdAt });
    }
  }
  return { totals, writers };
}

/** The balance rows that a transaction writes without moving money. */
function openedOrClosed(transaction: Transaction, { wallets }: LedgerSnapshot): readonly string[] {
  const { type, pk, currency } = transaction;
  if (type === 'approval') return [`${pk}|CREDIT#${currency}`, `${pk}|WALLET#${currency}`];
  if (type === 'limit_change') return [`${pk}|CREDIT#${currency}`];
  if (type === 'wallet_opening') return [`${pk}|WALLET#${currency}`];
  if (type !== 'archive') return [];
  return wallets
    .filter(({ owner }) => owner === transaction.merchantId)
    .map((wallet) => wallet.rowId);
}
