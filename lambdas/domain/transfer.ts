import type { Wallet } from './balance.ts';
import { calendarLabels } from './calendar.ts';
import { mayReceive } from './deposit.ts';
import { feeOf } from './fee.ts';
import { type Merchant, mayNotSpend, type Spent, spentAfter } from './merchant.ts';
import { type Currency, type MinorUnits, minor } from './money.ts';
import { transferPostings } from './postings.ts';
import { type Refused, refused } from './reason.ts';
import type { Draft } from './transaction.ts';

export type TransferOrder = {
  /** The payee's name or id. */
  readonly to: string;
  readonly amount: MinorUnits;
  readonly currency: Currency;
};
export type TransferFacts = {
  readonly payer: Merchant | undefined;
  readonly payee: Merchant | undefined;
  readonly wallet: Wallet | undefined;
  readonly payeeWallet: Wallet | undefined;
};
export type AcceptedTransfer = {
  readonly kind: 'accepted';
  readonly transaction: Draft;
  readonly payer: Merchant;
  readonly spent: Spent;
  readonly payee: Merchant;
  readonly payeeWallet: Wallet | undefined;
  /** Amount and fee together: the fee is charged on top. */
  readonly total: MinorUnits;
};

/** Refuses in this order: payer's status, the payee, the payer's wallet and what it holds (WA-5). */
export function decideTransfer(
  { payer, payee, wallet, payeeWallet }: TransferFacts,
  { amount, currency }: TransferOrder,
  now: Date,
): Refused | AcceptedTransfer {
  const barred = mayNotSpend(payer);
  if (payer === undefined || barred !== undefined) return refused(barred ?? 'not_a_merchant');
  if (payee?.id === payer.id) return refused('self_transfer');
  // Whoever was never approved, or is archived, is to a payer unknown.
  if (payee === undefined || !mayReceive(payee)) return refused('payee_not_found');
  if (wallet === undefined) return refused('wallet_not_found');
  if (payeeWallet?.closed) return refused('wallet_closed');
  const fee = feeOf(amount, payer.feePpm);
  const total = minor(amount + fee);
  if (wallet.available < total) return refused('insufficient_funds');

  const spent = spentAfter(payer, currency, amount, calendarLabels(now, payer.timeZone));
  const at = now.toISOString();
  return {
    kind: 'accepted',
    payer,
    spent,
    payee,
    payeeWallet,
    total,
    transaction: {
      type: 'transfer',
      status: 'SUCCEEDED',
      amount,
      fee,
      currency,
      merchantId: payer.id,
      payerName: payer.name,
      payeeId: payee.id,
      payeeName: payee.name,
      createdAt: at,
      at: { SUCCEEDED: at },
      phases: [{ name: 'accept', at, postings: transferPostings(amount, fee) }],
      limitDay: spent.day,
      limitMonth: spent.month,
    },
  };
}
