import * as z from 'zod';
import type { Wallet } from './balances.ts';
import { type Currency, currencyCode, type MinorUnits, minor, minorUnits } from './money.ts';
import { releasePostings } from './postings.ts';
import { type Refused, refused } from './reasons.ts';
import type { Draft } from './transactions.ts';

/**
 * A deposit that becomes available at a time. From then on it counts as available, also while its row is
 * still there: whoever folds it into the wallet first only moves it from one of its balances to the other.
 */
export const trancheRow = z.object({
  /** The transaction it came with. Not called txnId: it would stand in that index. */
  depositId: z.string(),
  currency: currencyCode,
  amount: minorUnits,
  /** ISO 8601 in UTC. */
  releaseAt: z.string(),
});
export type Tranche = z.infer<typeof trancheRow>;

/** How many tranches one transaction folds, which DynamoDB bounds at 100 rows in all. */
export const MOST_FOLDS = 40;

/** How many are folded ahead of a debit in one try: between tries its caller's deadline is looked at. */
const MOST_AHEAD = 400;

/** The oldest of what a debit needs, if that is more than its own transaction folds. */
export const aheadOf = (folds: readonly Tranche[]): readonly Tranche[] =>
  folds.slice(0, MOST_AHEAD).slice(0, Math.max(0, folds.length - MOST_FOLDS));

export const sumOf = (tranches: readonly Tranche[]): MinorUnits =>
  minor(tranches.reduce((sum, { amount }) => sum + amount, 0n));

/** What a wallet holds at an instant: matured tranches are available, whether they are folded or not. */
export type Holdings = Pick<Wallet, 'currency' | 'available' | 'pending'> & {
  /** The next ones to mature, the soonest first. */
  readonly releases: readonly Tranche[];
};

export function holdingsOf(
  { currency, available, pending }: Wallet,
  matured: MinorUnits,
  releases: readonly Tranche[],
): Holdings {
  return {
    currency,
    available: minor(available + matured),
    pending: minor(pending - matured),
    releases,
  };
}

/** A wallet and matured tranches read before it: one folded in between is counted twice, never missed. */
export type WalletFacts = {
  readonly wallet: Wallet | undefined;
  /** Oldest first; empty where the wallet's own balance suffices. */
  readonly matured: readonly Tranche[];
};

/** A debit of a wallet, with the oldest tranches that it needs beside what is available already (WA-3). */
export type WalletDraw = { readonly kind: 'accepted'; readonly folds: readonly Tranche[] };

export function drawOnWallet(
  { wallet, matured }: WalletFacts,
  amount: MinorUnits,
): Refused | WalletDraw {
  if (wallet === undefined) return refused('wallet_not_found');
  const folds: Tranche[] = [];
  let held: bigint = wallet.available;
  for (const tranche of matured) {
    if (held >= amount) break;
    folds.push(tranche);
    held += tranche.amount;
  }
  return held < amount ? refused('insufficient_funds') : { kind: 'accepted', folds };
}

/** The record of tranches of one wallet that were folded by themselves, not in a debit. */
export function releaseOf(
  merchantId: string,
  currency: Currency,
  tranches: readonly Tranche[],
  now: Date,
): Draft {
  const amount = sumOf(tranches);
  const at = now.toISOString();
  return {
    type: 'release',
    status: 'SUCCEEDED',
    amount,
    currency,
    merchantId,
    createdAt: at,
    at: { SUCCEEDED: at },
    phases: [{ name: 'release', at, postings: releasePostings(amount) }],
  };
}
