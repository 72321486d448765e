import type { Wallet } from '../../ledger/balances.ts';
import { countingLabels, type TierBounds, volumeIn } from '../../ledger/counters.ts';
import { type Decision, refused } from '../../ledger/decision.ts';
import { type FeeTier, feeOf, rateAt } from '../../ledger/fees.ts';
import { spend } from '../../ledger/limits.ts';
import { activeOnTerms, type Merchant, mayReceive, spenderOf } from '../../ledger/merchant.ts';
import { type Currency, type MinorUnits, minor } from '../../ledger/money.ts';
import { drawOnWallet, releaseFunds, type WalletFunds } from '../../ledger/pending-releases.ts';
import { postingsIn, system, walletAvailable } from '../../ledger/postings.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';
import { openedFor, refusedWallet } from '../../ledger/wallet-opening.ts';

export type TransferOrder = {
  /** The payee's name or id. */
  readonly to: string;
  readonly amount: MinorUnits;
  readonly currency: Currency;
};
export type TransferFacts = {
  readonly payer: Merchant | undefined;
  readonly payee: Merchant | undefined;
  readonly funds: WalletFunds;
  readonly payeeWallet: Wallet | undefined;
};

export type Price = {
  readonly fee: MinorUnits;
  /** Amount and fee together: the fee is charged on top. */
  readonly total: MinorUnits;
  readonly feePpm: bigint;
  /** The tier that the payer's volume had reached before this transfer (WA-8). */
  readonly tier: FeeTier | undefined;
  /** The volume between which the price holds; none where the payer has no tiers. */
  readonly bounds: TierBounds;
};

/** What a transfer costs its payer. */
export function priceOf(
  payer: Merchant,
  { amount, currency }: Omit<TransferOrder, 'to'>,
  now: Date,
): Price {
  const { month } = countingLabels(payer, currency, now);
  const volume = volumeIn(payer, currency, month);
  const tiers = payer.feeTiers[currency] ?? [];
  const { ppm, tier, next } = rateAt(volume, payer.feePpm, tiers);
  const fee = feeOf(amount, ppm);
  return {
    fee,
    total: minor(amount + fee),
    feePpm: ppm,
    tier,
    bounds: { from: tier?.from, below: next?.from },
  };
}

/** Refuses in this order: the payer's status, the payee, the payer's limits, its wallet and its funds (WA-5). */
export function decideTransfer(
  { payer: merchant, payee, funds, payeeWallet }: TransferFacts,
  order: TransferOrder,
  now: Date,
): Decision<NewTransactionOf<'transfer'>> {
  const payer = spenderOf(merchant);
  if ('kind' in payer) return payer;
  if (payee?.id === payer.id) return refused('self_transfer');
  // A merchant that was never approved, or is archived, is unknown to a payer.
  if (payee === undefined || !mayReceive(payee)) return refused('payee_not_found');
  const { amount, currency } = order;
  const { fee, total, feePpm, tier, bounds } = priceOf(payer, order, now);
  const spending = spend(payer, currency, amount, now, bounds);
  if (spending.kind === 'refused') return spending;
  if (funds.wallet === undefined) return refused('wallet_not_found');
  const unable = refusedWallet(payee, payeeWallet);
  if (unable !== undefined) return unable;
  const draw = drawOnWallet(funds, total);
  if (draw.kind === 'refused') return draw;

  const opened = openedFor(payee, payeeWallet, currency);
  const released = releaseFunds(payer.id, currency, draw.releases);
  return {
    kind: 'accepted',
    transaction: {
      type: 'transfer',
      status: 'SUCCEEDED',
      amount,
      currency,
      merchantId: payer.id,
      payerName: payer.name,
      payeeId: payee.id,
      payeeName: payee.name,
      fee,
      feePpm,
      ...(tier !== undefined && { feeTierFrom: tier.from }),
      limitDay: spending.labels.day,
      limitMonth: spending.labels.month,
    },
    postings: [
      ...released.postings,
      ...postingsIn(
        currency,
        [walletAvailable(payer.id), walletAvailable(payee.id), amount],
        [walletAvailable(payer.id), system('fees'), fee],
      ),
    ],
    guards: [activeOnTerms(payer), ...opened.guards],
    changes: [...spending.changes, ...released.changes, ...opened.changes],
  };
}
