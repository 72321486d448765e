import { yearsLater } from '../../ledger/calendar.ts';
import { type Decision, refused } from '../../ledger/decision.ts';
import type { Currency, MinorUnits } from '../../ledger/money.ts';
import { addRelease } from '../../ledger/pending-releases.ts';
import { postingsIn, system, walletAvailable, walletPending } from '../../ledger/postings.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';
import { openedFor } from '../../ledger/wallet-opening.ts';
import { type ReceiverFacts, receiverOf } from './receiver-rule.ts';

export type DepositOrder = {
  readonly amount: MinorUnits;
  readonly currency: Currency;
  /** ISO 8601 in UTC. The amount is pending before this time and available from then on. */
  readonly releaseAt?: string | undefined;
};

const MOST_YEARS_AHEAD = 5;

/** Money from outside into a wallet, which the first deposit in a currency opens (WA-2, WA-3). */
export function decideDeposit(
  facts: ReceiverFacts,
  { amount, currency, releaseAt }: DepositOrder,
  now: Date,
  /** The pending release is stored under the deposit's id. */
  depositId: string,
): Decision<NewTransactionOf<'deposit'>> {
  const merchant = receiverOf(facts);
  if ('kind' in merchant) return merchant;
  if (releaseAt !== undefined && releaseAt > yearsLater(now, MOST_YEARS_AHEAD).toISOString())
    return refused('release_too_far');

  const { id: merchantId } = merchant;
  // A release time that has passed already is now.
  const pendingUntil =
    releaseAt !== undefined && releaseAt > now.toISOString() ? releaseAt : undefined;
  const account = pendingUntil === undefined ? walletAvailable : walletPending;
  const opened = openedFor(merchant, facts.wallet, currency);
  return {
    kind: 'accepted',
    transaction: {
      type: 'deposit',
      status: 'SUCCEEDED',
      amount,
      currency,
      merchantId,
      ...(pendingUntil !== undefined && { releaseAt: pendingUntil }),
    },
    postings: postingsIn(currency, [system('outside'), account(merchantId), amount]),
    guards: opened.guards,
    changes: [
      ...opened.changes,
      ...(pendingUntil === undefined
        ? []
        : [addRelease(merchantId, { depositId, currency, amount, releaseAt: pendingUntil })]),
    ],
  };
}
