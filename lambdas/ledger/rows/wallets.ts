import { type Wallet, walletRow } from '../balances.ts';
import type { LabelledWrite } from '../commit.ts';
import { merchantKey, merchantPk, walletKey } from '../keys.ts';
import { type Currency, type MinorUnits, minor } from '../money.ts';
import {
  type Holdings,
  holdingsOf,
  sumOf,
  type Tranche,
  type WalletFacts,
} from '../pending-releases.ts';
import { getRow, type Ledger, rowsUnder } from '../table.ts';
import { addToBalance, type Change } from './balance-writes.ts';
import { isNew } from './conditions.ts';
import { foldTranches, maturedTranches, upcomingTranches } from './pending-releases.ts';

export const readWallet = (
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
): Promise<Wallet | undefined> => getRow(ledger, walletKey(merchantId, currency), walletRow);

export const readWallets = (ledger: Ledger, merchantId: string): Promise<Wallet[]> =>
  rowsUnder(ledger, merchantPk(merchantId), 'WALLET#', walletRow);

/** Every tranche comes and goes together with its wallet's version. */
const versionsOf = (wallets: readonly Wallet[]): string =>
  wallets.map(({ currency, seq }) => `${currency}:${seq}`).join();

const MOST_READS = 5;
class WalletsInMotion extends Error {
  override readonly name = 'TransactionInProgressException';
}

/** All wallets with sums alone, unless said otherwise. */
export type HoldingsWanted = {
  readonly currency?: Currency;
  /** How many of the next releases of each. */
  readonly releases?: number;
};

/**
 * A merchant's wallets as they are at an instant (WA-4). What changes between the reads would show money
 * twice, or not at all: then all is read again.
 * @throws a passing error where the wallets change faster than they can be read.
 */
export async function readHoldings(
  ledger: Ledger,
  merchantId: string,
  now: Date,
  { currency, releases = 0 }: HoldingsWanted = {},
): Promise<Holdings[]> {
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
    // Nothing pending: there is no tranche, and nothing was read but the wallets.
    if (wallets.every(({ pending }) => pending === 0n)) return holdings;
    const again = await read();
    if (versionsOf(again) === versionsOf(wallets)) return holdings;
    wallets = again;
  }
  throw new WalletsInMotion(`the wallets of ${merchantId} change while they are read`);
}

async function holdingsIn(
  ledger: Ledger,
  merchantId: string,
  wallet: Wallet,
  now: Date,
  most: number,
): Promise<Holdings> {
  const { currency, pending } = wallet;
  if (pending === 0n) return holdingsOf(wallet, minor(0n), []);
  const [matured, releases] = await Promise.all([
    maturedTranches(ledger, merchantId, currency, pending, now),
    upcomingTranches(ledger, merchantId, currency, now, { most }),
  ]);
  return holdingsOf(wallet, sumOf(matured), releases);
}

/**
 * A wallet, and the matured tranches that a debit of `amount` may need beside it. The wallet is read once
 * more after them: a fold in between is then counted twice, so that a decision can only try and lose,
 * never refuse what is there.
 */
export async function readWalletFacts(
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  amount: MinorUnits,
  now: Date,
): Promise<WalletFacts> {
  const wallet = await readWallet(ledger, merchantId, currency);
  // Nothing pending: there is no tranche, matured or not.
  if (wallet === undefined || wallet.available >= amount || wallet.pending === 0n) {
    return { wallet, matured: [] };
  }
  const matured = await maturedTranches(ledger, merchantId, currency, amount, now);
  return { wallet: await readWallet(ledger, merchantId, currency), matured };
}

/**
 * Takes money out, if it is there, and on its way folds the tranches that it needs: arithmetic, so that
 * what comes in at the same time starves nobody.
 */
export function debitWallet(
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  amount: MinorUnits,
  folds: readonly Tranche[],
  change: Change,
): readonly LabelledWrite[] {
  const folded = sumOf(folds);
  const without = amount - folded;
  return [
    addToBalance(
      ledger,
      {
        label: 'wallet',
        key: walletKey(merchantId, currency),
        add: { available: -without, ...(folded > 0n && { pending: -folded }) },
        condition: `available >= :without${folded > 0n ? ' AND pending >= :folded' : ''}`,
        values: { ':without': without, ...(folded > 0n && { ':folded': folded }) },
      },
      change,
    ),
    ...foldTranches(ledger, merchantId, folds),
  ];
}

/**
 * Puts money in, unless the wallet is closed, as available or as pending. One that did not exist when it
 * was read is created.
 */
export const creditWallet = (
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  credited: { readonly available: MinorUnits } | { readonly pending: MinorUnits },
  read: Wallet | undefined,
  change: Change,
): readonly LabelledWrite[] =>
  read === undefined
    ? openWallet(ledger, merchantId, currency, credited, change)
    : [
        addToBalance(
          ledger,
          {
            label: 'wallet',
            key: walletKey(merchantId, currency),
            add: credited,
            condition: 'attribute_exists(pk) AND attribute_not_exists(closed)',
          },
          change,
        ),
      ];

/** Writes the merchant as well: a mere check would not stop an archive that has already read it. */
const openWallet = (
  { table }: Ledger,
  merchantId: string,
  currency: Currency,
  credited: Partial<Pick<Wallet, 'available' | 'pending'>>,
  { txnId, phase }: Change,
): readonly LabelledWrite[] => [
  {
    label: 'merchant',
    write: {
      Update: {
        TableName: table,
        Key: merchantKey(merchantId),
        UpdateExpression: 'SET seq = seq + :one',
        ConditionExpression: '#status IN (:active, :suspended)',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':one': 1n, ':active': 'ACTIVE', ':suspended': 'SUSPENDED' },
      },
    },
  },
  {
    label: 'wallet',
    write: {
      Put: {
        TableName: table,
        Item: {
          ...walletKey(merchantId, currency),
          currency,
          available: 0n,
          pending: 0n,
          ...credited,
          seq: 1n,
          txn: txnId,
          phase,
        },
        ConditionExpression: isNew,
      },
    },
  },
];
