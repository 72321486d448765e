import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type Currency, currencyCode } from './money.ts';
import type { PendingRelease } from './pending-releases.ts';
import type { OwnRows, RowRef } from './row-writes.ts';
import type { SignInId } from './sign-in.ts';
import type { Status } from './transactions.ts';

export type Key = { readonly pk: string; readonly sk: string };
/** Of a stored row, as a query finds it. */
export const storedKey = z.object({ pk: z.string(), sk: z.string() });

/** One text for each key, to find rows in memory by. */
export const nameOfKey = ({ pk, sk }: Key): string => `${pk}|${sk}`;
/** The same for a stored row. @throws where it has no key. */
export const nameOfStored = (row: unknown): string => nameOfKey(storedKey.parse(row));

/** An index partition may not become hot: each index is spread over this many keys. */
const CHECK_BUCKETS = 16;
const STATUS_BUCKETS = 4;

export const merchantPk = (merchantId: string): string => `M#${merchantId}`;
/** The merchant whose partition it is. */
export const merchantOf = (pk: string): string => pk.slice('M#'.length);
/** The same of any partition: none of a pool's. */
export const merchantsOf = (pk: string): readonly string[] =>
  pk.startsWith('M#') ? [merchantOf(pk)] : [];
/** `*` for permissions on all pools. */
export const poolPk = (currency: Currency | '*', shard: string): string =>
  `POOL#${currency}#${shard}`;

export const merchantKey = (merchantId: string): Key => ({
  pk: merchantPk(merchantId),
  sk: 'MERCHANT',
});
export const nameKey = (name: string): Key => ({ pk: `NAME#${name}`, sk: 'NAME' });
export const signInKey = ({ pool, sub }: SignInId): Key => ({
  pk: `LOGIN#${pool}#${sub}`,
  sk: 'LOGIN',
});
export const ownKey = (merchantId: string, of: OwnRows, id: string): Key => ({
  pk: merchantPk(merchantId),
  sk: `${of}#${id}`,
});
export const creditKey = (merchantId: string, currency: Currency): Key => ({
  pk: merchantPk(merchantId),
  sk: `CREDIT#${currency}`,
});
export const walletKey = (merchantId: string, currency: Currency): Key => ({
  pk: merchantPk(merchantId),
  sk: `WALLET#${currency}`,
});
/** All pending releases of one wallet. Sorts by the time at which they become available. */
export const releasePrefix = (currency: Currency): string => `RELEASE#${currency}#`;
export const releasePosition = ({
  releaseAt,
  depositId,
}: Pick<PendingRelease, 'releaseAt' | 'depositId'>): string => timeKey(releaseAt, depositId);
export const releaseKey = (
  merchantId: string,
  release: Pick<PendingRelease, 'currency' | 'releaseAt' | 'depositId'>,
): Key => ({
  pk: merchantPk(merchantId),
  sk: releasePrefix(release.currency) + releasePosition(release),
});
export const poolKey = (currency: Currency, shard: string): Key => ({
  pk: poolPk(currency, shard),
  sk: 'POOL',
});
export const transactionKey = (pk: string, txnId: string): Key => ({ pk, sk: `TXN#${txnId}` });
/** Read by the health check; no row is ever stored there. */
export const healthKey: Key = { pk: 'HEALTH', sk: 'HEALTH' };

/**
 * In the Idempotency table, the response to a request. The prefix is constant: Powertools' default, the function's
 * name, may change with a deploy. `*` for permissions on all of them.
 */
export const responseIdOf = (hash: string): string => `surety#${hash}`;
/** In the Idempotency table, what marks a merchant as busy. `*` for permissions on all of them. */
export const busyId = (merchantId: string): string => `BUSY#${merchantId}`;

/** Every row of the Ledger. */
export type LedgerRow = Exclude<RowRef, { readonly kind: 'response' }>;

export function ledgerKeyOf(row: LedgerRow): Key {
  switch (row.kind) {
    case 'transaction':
    case 'reversed':
      return transactionKey(row.pk, row.txnId);
    case 'name':
      return nameKey(row.name);
    case 'sign-in':
      return signInKey(row);
    case 'merchant':
      return merchantKey(row.merchantId);
    case 'own':
      return ownKey(row.merchantId, row.of, row.id);
    case 'credit':
      return creditKey(row.merchantId, row.currency);
    case 'wallet':
      return walletKey(row.merchantId, row.currency);
    case 'pool':
      return poolKey(row.currency, row.shard);
    case 'release':
      return releaseKey(row.merchantId, row);
  }
}

/** Where a row is stored: its table's key attributes. */
export const keyOf = (row: RowRef): Readonly<Record<string, string>> =>
  row.kind === 'response' ? { id: row.id } : ledgerKeyOf(row);

const MERCHANT_ROW = /^(?:(MERCHANT)|(CREDIT|WALLET)#([A-Z]{3}))$/;

/** The row of a merchant that is stored there, if it has a version. */
export function versionedRowOf({ pk, sk }: Key): LedgerRow | undefined {
  if (!pk.startsWith('M#')) return undefined;
  const merchantId = merchantOf(pk);
  const [, merchant, balance, code] = MERCHANT_ROW.exec(sk) ?? [];
  if (merchant !== undefined) return { kind: 'merchant', merchantId };
  const currency = currencyCode.safeParse(code).data;
  if (currency === undefined) return undefined;
  return { kind: balance === 'CREDIT' ? 'credit' : 'wallet', merchantId, currency };
}

const bucketOf = (id: string, buckets: number): number =>
  createHash('sha256').update(id).digest().readUInt32BE(0) % buckets;

/** Index key of a transaction that is also part of another merchant's history. */
export const recipientKey = (payeeId: string): { recipient: string } => ({
  recipient: merchantPk(payeeId),
});

/**
 * What the next check concerns. Separate prefixes: a midnight's worth of releases may not delay a payout,
 * and payouts in flight are summed without those that are only scheduled.
 */
export type CheckKind = 'PAYOUT' | 'SCHEDULE' | 'RELEASE' | 'POOL';
export const checkKindOf = (status: Status): 'PAYOUT' | 'SCHEDULE' =>
  status === 'SCHEDULED' ? 'SCHEDULE' : 'PAYOUT';

/** Index keys of a row that something still has to happen to. */
export const nextCheckKeys = (
  id: string,
  nextCheckAt: string,
  kind: CheckKind,
): { nextCheckKey: string; nextCheckAt: string } => ({
  nextCheckKey: `${kind}#${bucketOf(id, CHECK_BUCKETS)}`,
  nextCheckAt,
});
export const allCheckKeys = (kind: CheckKind): readonly string[] =>
  Array.from({ length: CHECK_BUCKETS }, (_, bucket) => `${kind}#${bucket}`);

export type StatusEntity = 'MERCHANT' | 'TXN' | 'CREDITREQ';
const statusKey = (entity: StatusEntity, status: string, bucket: number): string =>
  `${entity}#${status}#${bucket}`;
export const statusKeyOf = (entity: StatusEntity, status: string, id: string): string =>
  statusKey(entity, status, bucketOf(id, STATUS_BUCKETS));
export const allStatusKeys = (entity: StatusEntity, status: string): readonly string[] =>
  Array.from({ length: STATUS_BUCKETS }, (_, bucket) => statusKey(entity, status, bucket));

/** Sorts by time, and by id where times are equal: the stable order of every list. */
export const timeKey = (at: string, id: string): string => `${at}#${id}`;

const TIME_KEY = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#[\w-]{1,64}$/;
/** Whether it can be a place in a list. Another text may end a range of keys before it begins. */
export const isTimeKey = (text: string): boolean => TIME_KEY.test(text);

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
