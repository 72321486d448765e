import pMap from 'p-map';
import * as z from 'zod';
import { deadlineOf, untilRead } from '../../platform/retry.ts';
import { type CreditLine, creditRow } from '../balances.ts';
import type { LedgerContext } from '../context.ts';
import { allStatusKeys, creditKey, merchantKey, merchantPk, nameKey } from '../keys.ts';
import { MERCHANT_STATUSES, type Merchant, type MerchantStatus, merchantRow } from '../merchant.ts';
import { looksLikeMerchantId, merchantId } from '../merchant-id.ts';
import type { Currency } from '../money.ts';
import type { Holdings } from '../pending-releases.ts';
import { getRow, getRows, rowsUnder } from '../table.ts';
import { newestInStatus } from './status-index.ts';
import { readHoldings } from './wallets.ts';

export const readMerchant = (ledger: LedgerContext, id: string): Promise<Merchant | undefined> =>
  getRow(ledger, merchantKey(id), merchantRow);

export const readCredit = (
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
): Promise<CreditLine | undefined> => getRow(ledger, creditKey(merchantId, currency), creditRow);

export const readCreditLines = (ledger: LedgerContext, merchantId: string): Promise<CreditLine[]> =>
  rowsUnder(ledger, merchantPk(merchantId), 'CREDIT#', creditRow);

export type MerchantBalances = {
  readonly merchant: Merchant;
  readonly credit: readonly CreditLine[];
  readonly wallets: readonly Holdings[];
};

const balancesOf = async (ledger: LedgerContext, id: string) => {
  const [credit, wallets] = await Promise.all([
    readCreditLines(ledger, id),
    readHoldings(ledger, id),
  ]);
  return { credit, wallets };
};

/** A merchant with all its balances (ID-4, ID-6). */
export async function readMerchantBalances(
  ledger: LedgerContext,
  id: string,
): Promise<MerchantBalances | undefined> {
  const [merchant, balances] = await Promise.all([
    readMerchant(ledger, id),
    balancesOf(ledger, id),
  ]);
  return merchant && { merchant, ...balances };
}

/** Merchants of one page whose balances are read at a time: fewer queries than a client has sockets. */
const AT_ONCE = 8;

/**
 * A page of merchants with their balances, in the same order. One slow read does not fail the page.
 * @throws RetryableError where reads keep failing until the deadline of the page.
 */
export function withBalances(
  ledger: LedgerContext,
  merchants: readonly Merchant[],
): Promise<MerchantBalances[]> {
  const until = deadlineOf(ledger.pacing);
  return pMap(
    merchants,
    async (merchant) => ({
      merchant,
      ...(await untilRead(ledger.pacing, () => balancesOf(ledger, merchant.id), until)),
    }),
    { concurrency: AT_ONCE },
  );
}

/** By id or by name, in any case. What looks like an id is never a name. */
export const findMerchant = (
  ledger: LedgerContext,
  nameOrId: string,
): Promise<Merchant | undefined> =>
  looksLikeMerchantId(nameOrId)
    ? readMerchant(ledger, merchantId.parse(nameOrId))
    : findByName(ledger, nameOrId.toLowerCase());

export async function findByName(
  ledger: LedgerContext,
  name: string,
): Promise<Merchant | undefined> {
  const guard = await getRow(ledger, nameKey(name), z.object({ merchantId: z.string() }));
  return guard && readMerchant(ledger, guard.merchantId);
}

/** Merchants newest first, in one status or all, from before a position. */
export async function listMerchants(
  ledger: LedgerContext,
  status: MerchantStatus | undefined,
  before: string | undefined,
  limit: number,
): Promise<{ readonly merchants: readonly Merchant[]; readonly last: string | undefined }> {
  const statuses = status === undefined ? MERCHANT_STATUSES : [status];
  const partitions = statuses.flatMap((each) => allStatusKeys('MERCHANT', each));
  const { keys, last } = await newestInStatus(ledger, partitions, before, limit);
  return { merchants: await getRows(ledger, keys, merchantRow), last };
}
