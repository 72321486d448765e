import type { Wallet } from '../../ledger/balances.ts';
import { calendarLabels } from '../../ledger/calendar.ts';
import { type FeeTier, feeOf, rateAt } from '../../ledger/fees.ts';
import {
  type Merchant,
  type Spent,
  spenderOf,
  spentAfter,
  type Volume,
} from '../../ledger/merchant.ts';
import { type Currency, type MinorUnits, minor } from '../../ledger/money.ts';
import {
  drawOnWallet,
  sumOf,
  type Tranche,
  type WalletFacts,
} from '../../ledger/pending-releases.ts';
import { transferPostings, withRelease } from '../../ledger/postings.ts';
import { type Refused, refused } from '../../ledger/reasons.ts';
import type { Draft } from '../../ledger/transactions.ts';
import { mayReceive } from '../deposits/rule.ts';

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
  readonly price: Price;
  readonly payee: Merchant;
  readonly payeeWallet: Wallet | undefined;
  readonly folds: readonly Tranche[];
};

export type Price = {
  readonly fee: MinorUnits;
  /** Amount and fee together: the fee is charged on top. */
  readonly total: MinorUnits;
  readonly feePpm: bigint;
  /** Which tier the payer's volume had reached before this transfer (WA-8). */
  readonly tier: FeeTier | undefined;
  readonly spent: Spent;
  readonly volume: Volume;
};

/** What a transfer costs its payer, and how far it brings its counters. */
export function priceOf(
  payer: Merchant,
  { amount, currency }: Omit<TransferOrder, 'to'>,
  now: Date,
): Price {
  const spent = spentAfter(payer, currency, amount, calendarLabels(now, payer.timeZone));
  const counted = payer.transferVolume[currency];
  const before = counted?.month === spent.month ? counted.amount : 0n;
  const { ppm, tier } = rateAt(before, payer.feePpm, payer.feeTiers[currency] ?? []);
  const fee = feeOf(amount, ppm);
  return {
    fee,
    total: minor(amount + fee),
    feePpm: ppm,
    tier,
    spent,
    volume: { month: spent.month, amount: minor(before + amount) },
  };
}

/** Refuses in this order: payer's status, the payee, the payer's wallet and what it holds (WA-5). */
export function decideTransfer(
  { payer: merchant, payee, funds, payeeWallet }: TransferFacts,
  order: TransferOrder,
  now: Date,
): Refused | AcceptedTransfer {
  const payer = spenderOf(merchant);
  if ('kind' in payer) return payer;
  if (payee?.id === payer.id) return refused('self_transfer');
  // Whoever was never approved, or is archived, is to a payer unknown.
  if (payee === undefined || !mayReceive(payee)) return refused('payee_not_found');
  if (funds.wallet === undefined) return refused('wallet_not_found');
  if (payeeWallet?.closed) return refused('wallet_closed');
  const { amount, currency } = order;
  const price = priceOf(payer, order, now);
  const { fee, tier, spent } = price;
  const draw = drawOnWallet(funds, price.total);
  if (draw.kind === 'refused') return draw;

  const at = now.toISOString();
  return {
    kind: 'accepted',
    payer,
    price,
    payee,
    payeeWallet,
    folds: draw.folds,
    transaction: {
      type: 'transfer',
      status: 'SUCCEEDED',
      amount,
      fee,
      feePpm: price.feePpm,
      ...(tier !== undefined && { feeTierFrom: tier.from }),
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
