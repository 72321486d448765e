import { createHash } from 'node:crypto';
import type { Currency } from './money.ts';
import type { Tranche } from './pending-releases.ts';
import type { Status } from './transactions.ts';

export type Key = { readonly pk: string; readonly sk: string };

/** A hot partition holds one merchant or one shard; an index is spread by this many keys. */
const DUE_BUCKETS = 16;
const STATUS_BUCKETS = 4;

export const merchantPk = (merchantId: string): string => `M#${merchantId}`;
/** Whose partition it is. */
export const merchantOf = (pk: string): string => pk.slice('M#'.length);
export const poolPk = (currency: Currency, shard: string): string => `POOL#${currency}#${shard}`;

export const merchantKey = (merchantId: string): Key => ({
  pk: merchantPk(merchantId),
  sk: 'MERCHANT',
});
export const nameKey = (name: string): Key => ({ pk: `NAME#${name}`, sk: 'NAME' });
export const creditKey = (merchantId: string, currency: Currency): Key => ({
  pk: merchantPk(merchantId),
  sk: `CREDIT#${currency}`,
});
export const walletKey = (merchantId: string, currency: Currency): Key => ({
  pk: merchantPk(merchantId),
  sk: `WALLET#${currency}`,
});
/** All tranches of one wallet, in the order in which they become available. */
export const tranchesOf = (currency: Currency): string => `TRANCHE#${currency}#`;
/** Where a tranche stands in that order. */
export const tranchePlace = ({ releaseAt, depositId }: Tranche): string =>
  `${releaseAt}#${depositId}`;
export const trancheKey = (merchantId: string, tranche: Tranche): Key => ({
  pk: merchantPk(merchantId),
  sk: tranchesOf(tranche.currency) + tranchePlace(tranche),
});
export const poolKey = (currency: Currency, shard: string): Key => ({
  pk: poolPk(currency, shard),
  sk: 'POOL',
});
export const transactionKey = (pk: string, txnId: string): Key => ({ pk, sk: `TXN#${txnId}` });
/** Read by the health check; nothing is ever stored there. */
export const healthKey: Key = { pk: 'HEALTH', sk: 'HEALTH' };

const bucketOf = (id: string, buckets: number): number =>
  createHash('sha256').update(id).digest().readUInt32BE(0) % buckets;

/** Index key of a transaction that also belongs to another merchant's history. */
export const recipientKey = (payeeId: string | undefined): { recipient?: string } =>
  payeeId === undefined ? {} : { recipient: merchantPk(payeeId) };

/** Index keys of a row something still has to happen to. */
export const dueKeys = (
  txnId: string,
  due: string,
  kind: DueKind,
): { dueKey: string; due: string } => ({
  dueKey: `${kind}#${bucketOf(txnId, DUE_BUCKETS)}`,
  due,
});
export const allDueKeys = (kind: DueKind): readonly string[] =>
  Array.from({ length: DUE_BUCKETS }, (_, bucket) => `${kind}#${bucket}`);

/**
 * Withdrawals under way, those that wait for their set time, and tranches to release. Apart, since many
 * tranches may be due at one midnight, and can wait as they count as available already, which a withdrawal
 * behind them could not; and since what is under way is added up without what is only planned.
 */
export type DueKind = 'DUE' | 'TIMED' | 'RELEASE';
export const dueKindOf = (status: Status): DueKind => (status === 'SCHEDULED' ? 'TIMED' : 'DUE');

type StatusEntity = 'MERCHANT' | 'TXN';
const statusKey = (entity: StatusEntity, status: string, bucket: number): string =>
  `${entity}#${status}#${bucket}`;
export const statusKeyOf = (entity: StatusEntity, status: string, id: string): string =>
  statusKey(entity, status, bucketOf(id, STATUS_BUCKETS));
export const allStatusKeys = (entity: StatusEntity, status: string): readonly string[] =>
  Array.from({ length: STATUS_BUCKETS }, (_, bucket) => statusKey(entity, status, bucket));

/** Sorts by time, and by id where times are equal: a stable order to page through. */
export const timeKey = (createdAt: string, id: string): string => `${createdAt}#${id}`;

/**
 * A transaction's id follows from the request that asked for it, so that the same request can never be
 * two transactions. Parts are length-prefixed: no two lists of parts hash alike.
 */
export function transactionId(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return BigInt(`0x${hash.digest('hex')}`)
    .toString(32)
    .padStart(52, '0')
    .slice(0, 26)
    .toUpperCase();
}
