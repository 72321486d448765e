import { expect } from '@jest/globals';
import { creditRow, poolRow, walletRow } from '../../lambdas/ledger/balances.ts';
import { type Merchant, merchantRow } from '../../lambdas/ledger/merchant.ts';
import { trancheRow } from '../../lambdas/ledger/pending-releases.ts';
import type { Postings } from '../../lambdas/ledger/postings.ts';
import { isFinal, type Transaction, transactionRow } from '../../lambdas/ledger/transactions.ts';
import type { World } from '../harness/harness.ts';
import type { RememberingBank } from './fake-bank.ts';

type Row = Record<string, unknown>;

/** The Ledger table by kind of row. */
export type Books = Awaited<ReturnType<typeof readBooks>>;
export async function readBooks(world: World) {
  const rows = await world.rows();
  const owned = (prefix: string): Row[] => rows.filter(({ sk }) => String(sk).startsWith(prefix));
  const owner = ({ pk }: Row): string => String(pk).replace('M#', '');
  return {
    transactions: owned('TXN#').map((row) => transactionRow.parse(row)),
    merchants: owned('MERCHANT').map((row) => merchantRow.parse(row)),
    credit: owned('CREDIT#').map((row) => ({ owner: owner(row), ...creditRow.parse(row) })),
    wallets: owned('WALLET#').map((row) => ({ owner: owner(row), ...walletRow.parse(row) })),
    tranches: owned('TRANCHE#').map((row) => ({ owner: owner(row), ...trancheRow.parse(row) })),
    pools: owned('POOL').map((row) => poolRow.parse(row)),
  };
}

const sum = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((total, amount) => total + amount, 0n);

/** What all phases of all transactions together posted to an account. */
const posted = (transactions: readonly Transaction[], account: keyof Postings): bigint =>
  sum(transactions.flatMap(({ phases }) => phases.map(({ postings }) => postings[account] ?? 0n)));

const ofCurrency = <Item extends { readonly currency: string }>(
  items: readonly Item[],
  currency: string,
): readonly Item[] => items.filter((item) => item.currency === currency);

/** Everything that must hold of the books at any moment, whatever is under way. */
export function expectTrueBooks(books: Books, bank: RememberingBank): void {
  for (const { txnId, phases } of books.transactions) {
    for (const { name, postings } of phases) {
      expect([txnId, name, sum(Object.values(postings))]).toEqual([txnId, name, 0n]);
    }
  }
  // WD-8: something still happens to a row exactly as long as it is not final.
  for (const { txnId, status, due } of books.transactions) {
    expect([txnId, status, due !== undefined]).toEqual([txnId, status, !isFinal(status)]);
  }
  const currencies = new Set(books.transactions.map(({ currency }) => currency));
  for (const currency of currencies) expectTruePool(books, currency);
  for (const merchant of books.merchants) expectTrueMerchant(books, merchant);
  expectTrueBank(books, bank);
}

/** LE-1 CR-2: what was paid in is either available or lent, and all that is lent is owed by somebody. */
function expectTruePool(books: Books, currency: string): void {
  const transactions = ofCurrency(books.transactions, currency);
  const [pool] = ofCurrency(books.pools, currency);
  const available = pool?.available ?? 0n;
  const lent = pool?.lent ?? 0n;
  const paidIn = sum(
    transactions.filter(({ type }) => type === 'top_up').map(({ amount }) => amount),
  );
  expect({ currency, available, lent }).toEqual({
    currency,
    available: posted(transactions, 'pool'),
    lent: -posted(transactions, 'lent'),
  });
  expect([currency, available + lent]).toEqual([currency, paidIn]);
  expect([currency, -posted(transactions, 'funding')]).toEqual([currency, paidIn]);
  const owed = ofCurrency(books.credit, currency).map(({ utilised }) => utilised);
  expect([currency, sum(owed)]).toEqual([currency, lent]);
  expect(available >= 0n && lent >= 0n).toBe(true);
}

function expectTrueMerchant(books: Books, { id, status, spent }: Merchant): void {
  const own = books.transactions.filter(({ merchantId }) => merchantId === id);
  const approvals = own.filter(({ type }) => type === 'approval');
  const lines = books.credit.filter(({ owner }) => owner === id);
  // ID-2: a credit line and a wallet from its one approval, and from nothing else.
  expect([id, lines.length, approvals.length]).toEqual([
    id,
    approvals.length,
    status === 'PENDING' || status === 'REJECTED' ? 0 : 1,
  ]);
  for (const { currency, limit, utilised } of lines) {
    const moved = ofCurrency(own, currency);
    expect([id, limit]).toEqual([id, approvals[0]?.amount]);
    expect([id, utilised]).toEqual([id, posted(moved, 'credit')]);
    expect(utilised >= 0n && utilised <= limit).toBe(true);
    expectTrueCounters(moved, spent[currency]);
  }
  const received = books.transactions.filter(({ payeeId }) => payeeId === id);
  const wallets = books.wallets.filter(({ owner }) => owner === id);
  // One from the approval, others opened by what came in.
  expect(wallets.length).toBeGreaterThanOrEqual(lines.length);
  for (const { currency, available, pending } of wallets) {
    const kept = posted(ofCurrency(own, currency), 'wallet');
    const paid = posted(ofCurrency(received, currency), 'payee');
    const waiting = posted(ofCurrency(own, currency), 'pending');
    expect([id, available, pending]).toEqual([id, kept + paid, waiting]);
    expect(available >= 0n && pending >= 0n).toBe(true);
    // WA-3: what is pending is what its tranches hold, each of them in full.
    const tranches = books.tranches.filter(({ owner }) => owner === id);
    expect([id, sum(ofCurrency(tranches, currency).map(({ amount }) => amount))]).toEqual([
      id,
      pending,
    ]);
  }
}

const isPayment = ({ type }: Transaction): boolean => type === 'withdrawal' || type === 'transfer';

/** CR-5: the counters are what was accepted less what was given back, on the labels they count. */
function expectTrueCounters(
  own: readonly Transaction[],
  counted: Merchant['spent'][string] | undefined,
): void {
  if (counted === undefined) {
    // One that is only scheduled has not spent anything yet.
    expect(own.filter((row) => isPayment(row) && row.limitDay !== undefined)).toEqual([]);
    return;
  }
  const kept = own.filter((row) => isPayment(row) && row.status !== 'FAILED');
  const amounts = (mine: (row: Transaction) => boolean): bigint =>
    sum(kept.filter(mine).map(({ amount }) => amount));
  expect([counted.dayAmount, counted.monthAmount]).toEqual([
    amounts(({ limitDay }) => limitDay === counted.day),
    amounts(({ limitMonth }) => limitMonth === counted.month),
  ]);
}

/** WD-5 WD-6: each withdrawal against what the bank itself knows of it. */
function expectTrueBank({ transactions }: Books, bank: RememberingBank): void {
  const withdrawals = transactions.filter(({ type }) => type === 'withdrawal');
  const decided = new Map(bank.decisions.map((decision) => [decision.payout.key, decision]));
  for (const { txnId, status, amount, currency, phases, bankRef } of withdrawals) {
    const known = decided.get(txnId);
    decided.delete(txnId);
    const names = phases.map(({ name }) => name);
    if (status === 'SUCCEEDED') {
      expect([txnId, names, known?.paid]).toEqual([txnId, ['accept', 'settle'], true]);
      expect([txnId, bankRef]).toEqual([txnId, `B-${txnId}`]);
    } else if (status === 'FAILED' && names.length > 0) {
      expect([txnId, names, known?.paid]).toEqual([txnId, ['accept', 'refund'], false]);
    } else if (status === 'FAILED' || status === 'CANCELLED' || status === 'SCHEDULED') {
      // WD-2: no money was taken for it, and the bank has never heard of it.
      expect([txnId, names, known]).toEqual([txnId, [], undefined]);
    } else {
      expect([txnId, names]).toEqual([txnId, ['accept']]);
    }
    if (known !== undefined) {
      expect([txnId, known.payout.amount, known.payout.currency]).toEqual([
        txnId,
        amount,
        currency,
      ]);
    }
  }
  // Nobody was paid without a withdrawal, and nobody was asked to pay again what was decided.
  expect([...decided.keys()]).toEqual([]);
  expect(bank.needless).toEqual([]);
}

/** Once nothing is under way: nothing is left in between, and the bank paid what we say it paid. */
export function expectSettledBooks({ transactions }: Books, bank: RememberingBank): void {
  const withdrawals = transactions.filter(({ type }) => type === 'withdrawal');
  const open = withdrawals.filter(({ status }) => !isFinal(status));
  expect(open.map(({ txnId, status }) => [txnId, status])).toEqual([]);
  expect(posted(transactions, 'clearing')).toBe(0n);
  const paid = sum(bank.decisions.filter((each) => each.paid).map((each) => each.payout.amount));
  const succeeded = withdrawals.filter(({ status }) => status === 'SUCCEEDED');
  expect(sum(succeeded.map(({ amount }) => amount))).toBe(paid);
  expect(posted(transactions, 'bank')).toBe(paid);
}
