import type { AcceptedDeposit } from '../../operations/deposits/rule.ts';
import type { LabelledWrite } from '../commit.ts';
import type { Ledger } from '../table.ts';
import { putTranche } from './pending-releases.ts';
import { creditWallet } from './wallets.ts';

/** A deposit: available at once, or pending together with the tranche that says until when (WA-3). */
export function depositWrites(
  ledger: Ledger,
  { merchantId, wallet, transaction }: AcceptedDeposit,
  txnId: string,
): readonly LabelledWrite[] {
  const { amount, currency, releaseAt } = transaction;
  const credited = releaseAt === undefined ? { available: amount } : { pending: amount };
  const change = { txnId, phase: 'accept' };
  return [
    ...creditWallet(ledger, merchantId, currency, credited, wallet, change),
    ...(releaseAt === undefined
      ? []
      : [putTranche(ledger, merchantId, { depositId: txnId, currency, amount, releaseAt })]),
  ];
}
