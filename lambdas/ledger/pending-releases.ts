import * as z from 'zod';
import type { Wallet } from './balances.ts';
import { type Refused, refused } from './decision.ts';
import { type Currency, currencyCode, type MinorUnits, minor, minorUnits } from './money.ts';
import { type Posting, postingsIn, walletAvailable, walletPending } from './postings.ts';
import type { Change, RowRef } from './row-writes.ts';
import type { NewTransactionOf } from './transactions.ts';

/**
 * The part of a deposit that becomes available at a time. From then on it counts as available, also while
 * its row still exists: the transaction that makes the funds available deletes the row.
 */
export const pendingReleaseRow = z.object({
  /** The deposit's transaction. Not called txnId, which is an index key. */
  depositId: z.string(),
  currency: currencyCode,
  amount: minorUnits,
  /** ISO 8601 in UTC. */
  releaseAt: z.string(),
});
export type PendingRelease = z.infer<typeof pendingReleaseRow>;

/** How many one transaction releases. DynamoDB allows 100 rows in all. */
export const MOST_RELEASES = 40;
/** How many are released ahead of a debit in one try: the caller's deadline is checked between tries. */
const MOST_AHEAD = 400;

/** The oldest of what a debit needs, if that is more than its own transaction releases. */
export const releasesAhead = (needed: readonly PendingRelease[]): readonly PendingRelease[] =>
  needed.slice(0, MOST_AHEAD).slice(0, Math.max(0, needed.length - MOST_RELEASES));

export const sumOf = (releases: readonly PendingRelease[]): MinorUnits =>
  minor(releases.reduce((sum, { amount }) => sum + amount, 0n));

/** A wallet's balances at an instant: matured releases are available, whether their rows are gone or not. */
export type Holdings = Pick<Wallet, 'currency' | 'available' | 'pending'> & {
  /** The next releases, the soonest first. */
  readonly releases: readonly PendingRelease[];
};

export function holdingsOf(
  { currency, available, pending }: Wallet,
  matured: MinorUnits,
  releases: readonly PendingRelease[],
): Holdings {
  return {
    currency,
    available: minor(available + matured),
    pending: minor(pending - matured),
    releases,
  };
}

/**
 * A wallet and the matured releases that were read before it. One that is released in between is counted
 * twice, never missed: a decision on it can only try and lose.
 */
export type WalletFunds = {
  readonly wallet: Wallet | undefined;
  /** Oldest first; empty where the wallet's own balance suffices. */
  readonly matured: readonly PendingRelease[];
};

/** A wallet with all of its matured releases, and as it was before they were read. */
export type WholeWallet = WalletFunds & { readonly asRead: Wallet | undefined };

/** The oldest releases that a debit needs beside what is available (WA-3). */
export type WalletDraw = { readonly kind: 'drawn'; readonly releases: readonly PendingRelease[] };

/** Refuses: wallet_not_found, insufficient_funds. */
export function drawOnWallet(
  { wallet, matured }: WalletFunds,
  amount: MinorUnits,
): Refused | WalletDraw {
  if (wallet === undefined) return refused('wallet_not_found');
  const releases: PendingRelease[] = [];
  let held: bigint = wallet.available;
  for (const release of matured) {
    if (held >= amount) break;
    releases.push(release);
    held += release.amount;
  }
  return held < amount ? refused('insufficient_funds') : { kind: 'drawn', releases };
}

const rowOf = (merchantId: string, { currency, releaseAt, depositId }: PendingRelease): RowRef => ({
  kind: 'release',
  merchantId,
  currency,
  releaseAt,
  depositId,
});

export const addRelease = (merchantId: string, release: PendingRelease): Change => ({
  row: rowOf(merchantId, release),
  conditions: [],
  put: release,
});

/** Makes pending funds available: the postings, and the deletion of each row, once. */
export const releaseFunds = (
  merchantId: string,
  currency: Currency,
  releases: readonly PendingRelease[],
): { readonly postings: readonly Posting[]; readonly changes: readonly Change[] } => ({
  postings: postingsIn(currency, [
    walletPending(merchantId),
    walletAvailable(merchantId),
    sumOf(releases),
  ]),
  changes: endReleases(merchantId, releases),
});

/** What was pending is so no longer: the row of each is deleted, once. */
export const endReleases = (
  merchantId: string,
  releases: readonly PendingRelease[],
): readonly Change[] =>
  releases.map((release) => ({
    row: rowOf(merchantId, release),
    conditions: [{ must: 'exist' }],
    delete: true,
  }));

/** The record of releases of one wallet that no debit needed. */
export const releaseTransaction = (
  merchantId: string,
  currency: Currency,
  releases: readonly PendingRelease[],
): NewTransactionOf<'release'> => ({
  type: 'release',
  status: 'SUCCEEDED',
  amount: sumOf(releases),
  currency,
  merchantId,
});
