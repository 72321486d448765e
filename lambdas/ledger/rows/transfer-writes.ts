import type { AcceptedTransfer } from '../../operations/transfers/rule.ts';
import type { LabelledWrite } from '../commit.ts';
import type { Ledger } from '../table.ts';
import { spendWrite } from './merchants.ts';
import { creditWallet, debitWallet } from './wallets.ts';

/** A transfer: the payer's counters, its wallet, and the payee's, which it opens if there is none. */
export function transferWrites(
  ledger: Ledger,
  { payer, price, payee, payeeWallet, folds, transaction }: AcceptedTransfer,
  txnId: string,
): readonly LabelledWrite[] {
  const { amount, currency } = transaction;
  const change = { txnId, phase: 'accept' };
  return [
    spendWrite(ledger, payer, currency, price.spent, price.volume),
    ...debitWallet(ledger, payer.id, currency, price.total, folds, change),
    ...creditWallet(ledger, payee.id, currency, { available: amount }, payeeWallet, change),
  ];
}
