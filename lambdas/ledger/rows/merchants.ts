import * as z from 'zod';
import { type CreditLine, creditRow } from '../balances.ts';
import type { LabelledWrite } from '../commit.ts';
import {
  allStatusKeys,
  creditKey,
  merchantKey,
  merchantPk,
  nameKey,
  statusKeyOf,
  timeKey,
} from '../keys.ts';
import {
  MERCHANT_MOVES,
  MERCHANT_STATUSES,
  type Merchant,
  type MerchantMove,
  type MerchantStatus,
  merchantRow,
  type Spent,
  type Volume,
} from '../merchant.ts';
import type { Currency } from '../money.ts';
import type { Holdings } from '../pending-releases.ts';
import { getRow, getRows, type Ledger, rowsUnder } from '../table.ts';
import { isNew, unchangedSinceRead } from './conditions.ts';
import { newestInStatus } from './status-index.ts';
import { readHoldings } from './wallets.ts';

export const readMerchant = (ledger: Ledger, merchantId: string): Promise<Merchant | undefined> =>
  getRow(ledger, merchantKey(merchantId), merchantRow);

export const readCredit = (
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
): Promise<CreditLine | undefined> => getRow(ledger, creditKey(merchantId, currency), creditRow);

export const readCreditLines = (ledger: Ledger, merchantId: string): Promise<CreditLine[]> =>
  rowsUnder(ledger, merchantPk(merchantId), 'CREDIT#', creditRow);

export type MerchantBalances = {
  readonly merchant: Merchant;
  readonly credit: readonly CreditLine[];
  readonly wallets: readonly Holdings[];
};

/** A merchant with all its balances (ID-4, ID-6). */
export async function readMerchantBalances(
  ledger: Ledger,
  merchantId: string,
  now: Date,
): Promise<MerchantBalances | undefined> {
  const [merchant, credit, wallets] = await Promise.all([
    readMerchant(ledger, merchantId),
    readCreditLines(ledger, merchantId),
    readHoldings(ledger, merchantId, now),
  ]);
  return merchant && { merchant, credit, wallets };
}

/** Index keys of a merchant in `status`. Every merchant is in the index: admins list them all. */
const statusKeys = (id: string, status: MerchantStatus, createdAt: string) => ({
  statusKey: statusKeyOf('MERCHANT', status, id),
  statusAt: timeKey(createdAt, id),
});

/** A new merchant and the guard that makes its name unique, together or not at all. */
export const registrationWrites = (
  { table }: Ledger,
  merchant: Merchant,
): readonly LabelledWrite[] => [
  {
    label: 'name',
    write: {
      Put: {
        TableName: table,
        Item: { ...nameKey(merchant.name), merchantId: merchant.id },
        ConditionExpression: isNew,
      },
    },
  },
  {
    label: 'merchant',
    write: {
      Put: {
        TableName: table,
        Item: {
          ...merchantKey(merchant.id),
          ...statusKeys(merchant.id, merchant.status, merchant.createdAt),
          ...merchant,
        },
        ConditionExpression: isNew,
      },
    },
  },
];

/**
 * Nothing of the merchant changes but its version: what it is about to have under way stops an archive
 * that has already looked, which a mere check of the row would not.
 */
export const claimMerchant = ({ table }: Ledger, { id, seq }: Merchant): LabelledWrite => ({
  label: 'merchant',
  write: {
    Update: {
      TableName: table,
      Key: merchantKey(id),
      UpdateExpression: 'SET seq = :seqAfter',
      ConditionExpression: `${unchangedSinceRead} AND #status = :active`,
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':seqRead': seq, ':seqAfter': seq + 1n, ':active': 'ACTIVE' },
    },
  },
});

/** A payer's counters after a payment that was decided on its row as it was read. */
export const spendWrite = (
  { table }: Ledger,
  { id, seq }: Merchant,
  currency: Currency,
  spent: Spent,
  volume?: Volume,
): LabelledWrite => ({
  label: 'merchant',
  write: {
    Update: {
      TableName: table,
      Key: merchantKey(id),
      UpdateExpression: `SET spent.#currency = :spent, seq = :seqAfter${
        volume === undefined ? '' : ', transferVolume.#currency = :volume'
      }`,
      ConditionExpression: `${unchangedSinceRead} AND #status = :active`,
      ExpressionAttributeNames: { '#currency': currency, '#status': 'status' },
      ExpressionAttributeValues: {
        ':spent': spent,
        ':seqRead': seq,
        ':seqAfter': seq + 1n,
        ':active': 'ACTIVE',
        ...(volume !== undefined && { ':volume': volume }),
      },
    },
  },
});

export type MerchantChange = Partial<Pick<Merchant, 'feePpm' | 'feeTiers'>>;

/** An admin's change of what a merchant pays; traffic cannot starve it. */
export function changeMerchant(
  { table }: Ledger,
  merchantId: string,
  change: MerchantChange,
): LabelledWrite {
  const changed = Object.entries(change);
  const sets = changed.map(([name]) => `${name} = :${name}`);
  return {
    label: 'merchant',
    write: {
      Update: {
        TableName: table,
        Key: merchantKey(merchantId),
        UpdateExpression: `SET ${[...sets, 'seq = seq + :one'].join(', ')}`,
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: {
          ':one': 1n,
          ...Object.fromEntries(changed.map(([name, value]) => [`:${name}`, value])),
        },
      },
    },
  };
}

/** An admin's change of status: arithmetic with its own condition, so that traffic cannot starve it. */
export function moveMerchant(
  { table }: Ledger,
  { id, createdAt }: Pick<Merchant, 'id' | 'createdAt'>,
  move: MerchantMove,
): LabelledWrite {
  const { from, to } = MERCHANT_MOVES[move];
  const keys = statusKeys(id, to, createdAt);
  return {
    label: 'merchant',
    write: {
      Update: {
        TableName: table,
        Key: merchantKey(id),
        UpdateExpression:
          'SET #status = :to, statusKey = :statusKey, statusAt = :statusAt, seq = seq + :one',
        ConditionExpression: '#status = :from',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':to': to,
          ':from': from,
          ':statusKey': keys.statusKey,
          ':statusAt': keys.statusAt,
          ':one': 1n,
        },
      },
    },
  };
}

/** By id or by name; an id goes first, so that nobody can take another's by registering it as a name. */
export async function findMerchant(
  ledger: Ledger,
  nameOrId: string,
): Promise<Merchant | undefined> {
  const [byId, byName] = await Promise.all([
    readMerchant(ledger, nameOrId),
    findByName(ledger, nameOrId.toLowerCase()),
  ]);
  return byId ?? byName;
}

export async function findByName(ledger: Ledger, name: string): Promise<Merchant | undefined> {
  const guard = await getRow(ledger, nameKey(name), z.object({ merchantId: z.string() }));
  return guard && readMerchant(ledger, guard.merchantId);
}

/** Merchants newest first, in one status or all, from before a position. */
export async function listMerchants(
  ledger: Ledger,
  status: MerchantStatus | undefined,
  before: string | undefined,
  limit: number,
): Promise<{ readonly merchants: readonly Merchant[]; readonly last: string | undefined }> {
  const statuses = status === undefined ? MERCHANT_STATUSES : [status];
  const partitions = statuses.flatMap((each) => allStatusKeys('MERCHANT', each));
  const { keys, last } = await newestInStatus(ledger, partitions, before, limit);
  return { merchants: await getRows(ledger, keys, merchantRow), last };
}
