import type { Wallet } from './balance.ts';
import { calendarLabels } from './calendar.ts';
import { mayReceive } from './deposit.ts';
import { feeOf } from './fee.ts';
import { type Merchant, mayNotSpend, type Spent, spentAfter } from './merchant.ts';
import { type Currency, type MinorUnits, minor } from './money.ts';
import { transferPostings, withRelease } from './postings.ts';
import { type Refused, refused } from './reason.ts';
import { drawOnWallet, sumOf, type Tranche, type WalletFacts } from './tranche.ts';
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
  readonly funds: WalletFacts;
  readonly payeeWallet: Wallet | undefined;
};
export type AcceptedTransfer = {
  readonly kind: 'accepted';
  readonly transaction: Draft;
  readonly payer: Merchant;
  readonly spent: Spent;
  readonly payee: Merchant;
  readonly payeeWallet: Wallet | undefined;
  readonly total: MinorUnits;
  readonly folds: readonly Tranche[];
};

export type Price = {
  readonly fee: MinorUnits;
  /** Amount and fee together: the fee is charged on top. */
  readonly total: MinorUnits;
};

/** What a transfer costs its payer. */
export function priceOf(payer: Merchant, { amount }: Pick<TransferOrder, 'amount'>): Price {
  const fee = feeOf(amount, payer.feePpm);
  return { fee, total: minor(amount + fee) };
}

/** Refuses in this order: payer's status, the payee, the payer's wallet and what it holds (WA-5). */
export function decideTransfer(
  { payer, payee, funds, payeeWallet }: TransferFacts,
  order: TransferOrder,
  now: Date,
): Refused | AcceptedTransfer {
  const barred = mayNotSpend(payer);
  if (payer === undefined || barred !== undefined) return refused(barred ?? 'not_a_merchant');
  if (payee?.id === payer.id) return refused('self_transfer');
  // Whoever was never approved, or is archived, is to a payer unknown.
  if (payee === undefined || !mayReceive(payee)) return refused('payee_not_found');
  if (funds.wallet === undefined) return refused('wallet_not_found');
  if (payeeWallet?.closed) return refused('wallet_closed');
  const { amount, currency } = order;
  const { fee, total } = priceOf(payer, order);
  const draw = drawOnWallet(funds, total);
  if (draw.kind === 'refused') return draw;

  const spent = spentAfter(payer, currency, amount, calendarLabels(now, payer.timeZone));
  const at = now.toISOString();
  return {
    kind: 'accepted',
    payer,
    spent,
    payee,
    payeeWallet,
    total,
    folds: draw.folds,
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
      phases: [
        {
          name: 'accept',
          at,
          postings: withRelease(transferPostings(amount, fee), sumOf(draw.folds)),
        },
      ],
      limitDay: spent.day,
      limitMonth: spent.month,
    },
  };
}
