import * as z from 'zod';
import { type Currency, currencyCode, type MinorUnits, minorUnits } from './money.ts';
import type { Change, Guard, RowRef } from './row-writes.ts';

/** Set by every write of a balance row, so that a manual edit is visible. */
export const lastChange = {
  /** Raised by one in every write. */
  version: z.bigint(),
  /** The transactions and phases of the last change, as `txnId:phase`. */
  by: z.array(z.string()),
};

/** A merchant's credit in one currency, in minor units. `available` is computed, never stored. */
export const creditRow = z.object({
  currency: currencyCode,
  limit: minorUnits,
  utilised: minorUnits,
  ...lastChange,
});
export type CreditLine = z.infer<typeof creditRow>;

export const creditAvailable = ({
  limit,
  utilised,
}: Pick<CreditLine, 'limit' | 'utilised'>): bigint => (limit > utilised ? limit - utilised : 0n);

export const walletRow = z.object({
  currency: currencyCode,
  available: minorUnits,
  pending: minorUnits,
  /** Set when its merchant is archived. Only a refund or a return may credit it afterwards. */
  closed: z.boolean().optional(),
  ...lastChange,
});
export type Wallet = z.infer<typeof walletRow>;

const walletOf = (merchantId: string, currency: Currency): RowRef => ({
  kind: 'wallet',
  merchantId,
  currency,
});
const creditOf = (merchantId: string, currency: Currency): RowRef => ({
  kind: 'credit',
  merchantId,
  currency,
});

/** A wallet starts with what the postings of the same transaction bring. Its merchant's row counts it. */
export const openWallet = (merchantId: string, currency: Currency): readonly Change[] => [
  { row: walletOf(merchantId, currency), conditions: [], put: { currency } },
  { row: { kind: 'merchant', merchantId }, conditions: [], add: { wallets: 1n } },
];

/** Closes a wallet for good, while it is empty. */
export const closeWallet = (merchantId: string, currency: Currency): Change => ({
  row: walletOf(merchantId, currency),
  conditions: [
    { must: 'equal', path: 'available', value: 0n },
    { must: 'equal', path: 'pending', value: 0n },
  ],
  set: { closed: true },
});

/** A credit line with a limit in minor units. */
export const openCreditLine = (
  merchantId: string,
  currency: Currency,
  limit: MinorUnits,
): Change => ({
  row: creditOf(merchantId, currency),
  conditions: [],
  put: { currency, limit },
});

/** Another limit, as of the one that was read. A debit that was decided on the earlier limit loses. */
export const setCreditLimit = (
  merchantId: string,
  { currency, limit: read }: Pick<CreditLine, 'currency' | 'limit'>,
  limit: MinorUnits,
): Change => ({
  row: creditOf(merchantId, currency),
  conditions: [{ must: 'equal', path: 'limit', value: read }],
  set: { limit },
});

/**
 * A wallet still holds what was read. Matured releases beside it are rows of their own: only the version says
 * that none of them was released meanwhile.
 */
export const walletAsRead = (
  merchantId: string,
  { currency, available, version }: Pick<Wallet, 'currency' | 'available' | 'version'>,
): Guard => ({
  row: walletOf(merchantId, currency),
  conditions: [
    { must: 'equal', path: 'available', value: available },
    { must: 'equal', path: 'version', value: version },
  ],
});

/** What is utilised is still what was read: a refund that was split on it would otherwise be wrong. */
export const utilisedAsRead = (
  merchantId: string,
  { currency, utilised }: Pick<CreditLine, 'currency' | 'utilised'>,
): Guard => ({
  row: creditOf(merchantId, currency),
  conditions: [{ must: 'equal', path: 'utilised', value: utilised }],
});
