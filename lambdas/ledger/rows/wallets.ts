import { RetryableError } from '../../platform/retry.ts';
import { type Wallet, walletRow } from '../balances.ts';
import type { LedgerContext } from '../context.ts';
import { merchantPk, walletKey } from '../keys.ts';
import { type Currency, type MinorUnits, minor } from '../money.ts';
import {
  type Holdings,
  holdingsOf,
  sumOf,
  type WalletFunds,
  type WholeWallet,
} from '../pending-releases.ts';
import { getRow, rowsUnder } from '../table.ts';
import { maturedReleases, upcomingReleases } from './pending-releases.ts';

export const readWallet = (
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
): Promise<Wallet | undefined> => getRow(ledger, walletKey(merchantId, currency), walletRow);

export const readWallets = (ledger: LedgerContext, merchantId: string): Promise<Wallet[]> =>
  rowsUnder(ledger, merchantPk(merchantId), 'WALLET#', walletRow);

/** A pending release is created and deleted together with its wallet's version. */
const versionsOf = (wallets: readonly Wallet[]): string =>
  wallets.map(({ currency, version }) => `${currency}:${version}`).join();

const MOST_READS = 5;

/** All wallets without their releases, unless said otherwise. */
export type HoldingsWanted = {
  readonly currency?: Currency;
  /** How many of the next releases of each. */
  readonly releases?: number;
};

/**
 * A merchant's wallets at one instant (WA-4). A change between the reads would show money twice, or not at
 * all; then all is read again.
 * @throws RetryableError where the wallets change faster than they can be read.
 */
export async function readHoldings(
  ledger: LedgerContext,
  merchantId: string,
  { currency, releases = 0 }: HoldingsWanted = {},
): Promise<Holdings[]> {
  const now = ledger.now();
  const read = async (): Promise<Wallet[]> => {
    if (currency === undefined) return readWallets(ledger, merchantId);
    const wallet = await readWallet(ledger, merchantId, currency);
    return wallet === undefined ? [] : [wallet];
  };
  let wallets = await read();
  for (let reads = 0; reads < MOST_READS; reads += 1) {
    const holdings = await Promise.all(
      wallets.map((wallet) => holdingsIn(ledger, merchantId, wallet, now, releases)),
    );
    // Nothing is pending: there are no releases, and nothing but the wallets was read.
    if (wallets.every(({ pending }) => pending === 0n)) return holdings;
    const again = await read();
    if (versionsOf(again) === versionsOf(wallets)) return holdings;
    wallets = again;
  }
  throw new RetryableError(`the wallets of ${merchantId} change while they are read`);
}

async function holdingsIn(
  ledger: LedgerContext,
  merchantId: string,
  wallet: Wallet,
  now: Date,
  most: number,
): Promise<Holdings> {
  const { currency, pending } = wallet;
  if (pending === 0n) return holdingsOf(wallet, minor(0n), []);
  const [matured, releases] = await Promise.all([
    maturedReleases(ledger, merchantId, currency, pending, now),
    upcomingReleases(ledger, merchantId, currency, now, { most }),
  ]);
  return holdingsOf(wallet, sumOf(matured), releases);
}

/**
 * A wallet with all of its matured releases. It is read once more after them, for the reason below. A decision that
 * states the whole asserts the wallet `asRead`, and so loses where a release came in between.
 */
export async function readWholeWallet(
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
  now: Date,
): Promise<WholeWallet> {
  const asRead = await readWallet(ledger, merchantId, currency);
  if (asRead === undefined || asRead.pending === 0n) return { asRead, wallet: asRead, matured: [] };
  const matured = await maturedReleases(ledger, merchantId, currency, asRead.pending, now);
  return { asRead, wallet: await readWallet(ledger, merchantId, currency), matured };
}

/**
 * A wallet, and the matured releases that a debit of `amount` may need. The wallet is read once more after
 * them: a release in between is then counted twice, so that a decision can only try and lose, never refuse
 * funds that are there.
 */
export async function readWalletFunds(
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
  wanted: MinorUnits | Promise<MinorUnits>,
  now: Date,
): Promise<WalletFunds> {
  const [wallet, amount] = await Promise.all([readWallet(ledger, merchantId, currency), wanted]);
  // Nothing is pending: there are no releases, matured or not.
  if (wallet === undefined || wallet.available >= amount || wallet.pending === 0n) {
    return { wallet, matured: [] };
  }
  const matured = await maturedReleases(ledger, merchantId, currency, amount, now);
  return { wallet: await readWallet(ledger, merchantId, currency), matured };
}
