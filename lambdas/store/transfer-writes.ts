import type { AcceptedTransfer } from '../domain/transfer.ts';
import type { LabelledWrite } from './commit.ts';
import type { Ledger } from './ledger.ts';
import { spendWrite } from './merchants.ts';
import { creditWallet, debitWallet } from './wallets.ts';

/** A transfer: the payer's counters, its wallet, and the payee's, which it opens if there is none. */
export function transferWrites(
  ledger: Ledger,
  { payer, spent, payee, payeeWallet, total, folds, transaction }: AcceptedTransfer,
  txnId: string,
): readonly LabelledWrite[] {
  const { amount, currency } = transaction;
  const change = { txnId, phase: 'accept' };
  const volume = { month: spent.month, amount: volumeAfter(payer, currency, spent.month, amount) };
  return [
    spendWrite(ledger, payer, currency, spent, volume),
    ...debitWallet(ledger, payer.id, currency, total, folds, change),
    ...creditWallet(ledger, payee.id, currency, { available: amount }, payeeWallet, change),
  ];
}

/** What it has transferred in the local month, by which its tier will be found. */
const volumeAfter = (
  { transferVolume }: AcceptedTransfer['payer'],
  currency: string,
  month: string,
  amount: bigint,
): bigint => {
  const before = transferVolume[currency];
  return (before?.month === month ? before.amount : 0n) + amount;
};
