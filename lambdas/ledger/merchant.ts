import * as z from 'zod';
import type { TimeZones } from './calendar.ts';
import { type Refused, refused } from './decision.ts';
import { feeTier } from './fees.ts';
import { currencyCode, minorUnits } from './money.ts';
import type { PlainReason } from './reasons.ts';
import type { Change, Guard, RowRef } from './row-writes.ts';
import { type SignIn, type SignInId, signIn } from './sign-in.ts';

export const MERCHANT_STATUSES = [
  'PENDING',
  'ACTIVE',
  'SUSPENDED',
  'REJECTED',
  'ARCHIVED',
] as const;
export type MerchantStatus = (typeof MERCHANT_STATUSES)[number];

/** What was spent on the latest local day and month, in minor units. */
const spentRow = z.object({
  day: z.string(),
  dayAmount: minorUnits,
  month: z.string(),
  monthAmount: minorUnits,
});
export type Spent = z.infer<typeof spentRow>;

/** What was transferred in the latest local month: it decides the fee tier (WA-8). */
const volumeRow = z.object({ month: z.string(), amount: minorUnits });
export type Volume = z.infer<typeof volumeRow>;

export const merchantRow = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  signIn,
  /** The one before. Its user is disabled after the change, or by the next request for this merchant. */
  formerSignIn: signIn.optional(),
  status: z.enum(MERCHANT_STATUSES),
  /** Why it was suspended or rejected, as the admin has told it. */
  statusReason: z.string().optional(),
  requestedCredit: minorUnits,
  requestedCurrency: currencyCode,
  bankAccount: z.string().min(1),
  /** Parts per million of a transfer's amount. */
  feePpm: z.bigint(),
  /** By currency, rising. */
  feeTiers: z.record(z.string(), z.array(feeTier)),
  timeZone: z.string().min(1),
  /** Counts instead from this instant on. */
  nextTimeZone: z.object({ zone: z.string().min(1), from: z.string() }).optional(),
  limits: z.record(
    z.string(),
    z.object({ daily: minorUnits.optional(), monthly: minorUnits.optional() }),
  ),
  /** How many wallets were opened for it. */
  wallets: z.bigint(),
  spent: z.record(z.string(), spentRow),
  transferVolume: z.record(z.string(), volumeRow),
  createdAt: z.string(),
  /** Raised when fee, tiers, limits, time zone or bank account change. Traffic leaves it as it is. */
  termsVersion: z.bigint(),
  /** Raised by every write. */
  version: z.bigint(),
});
export type Merchant = z.infer<typeof merchantRow>;

/** Why a merchant may not start anything that moves money; undefined where it may. */
function mayNotSpend(merchant: Merchant | undefined): PlainReason | undefined {
  switch (merchant?.status) {
    case 'ACTIVE':
      return undefined;
    case 'SUSPENDED':
      return 'merchant_suspended';
    case 'ARCHIVED':
      return 'merchant_archived';
    case 'PENDING':
    case 'REJECTED':
      return 'merchant_not_approved';
    case undefined:
      return 'not_a_merchant';
  }
}

/** The merchant, where it may start what moves money; else why not. */
export function spenderOf(merchant: Merchant | undefined): Merchant | Refused {
  const barred = mayNotSpend(merchant);
  if (merchant === undefined || barred !== undefined) return refused(barred ?? 'not_a_merchant');
  return merchant;
}

const RECEIVING = ['ACTIVE', 'SUSPENDED'] as const satisfies readonly MerchantStatus[];
/** Suspended merchants too: a suspension stops what a merchant does, not what it receives. */
export const mayReceive = ({ status }: Merchant): boolean =>
  RECEIVING.some((each) => each === status);

export const merchantRef = (merchantId: string): RowRef => ({ kind: 'merchant', merchantId });

/**
 * The payer is still active on the terms that the rule read. Every guard on a merchant row raises its
 * version, so that an archive that has already looked loses.
 */
export const activeOnTerms = ({ id, termsVersion }: Merchant): Guard => ({
  row: merchantRef(id),
  conditions: [
    { must: 'equal', path: 'status', value: 'ACTIVE' },
    { must: 'equal', path: 'termsVersion', value: termsVersion },
  ],
});

/** So that one transaction of at most 100 rows can close them all. */
const MOST_WALLETS = 90n;
export const mayOpenWallet = ({ wallets }: Merchant): boolean => wallets < MOST_WALLETS;

/** The merchant is still approved, and not archived. */
export const receiving = (merchantId: string): Guard => ({
  row: merchantRef(merchantId),
  conditions: [{ must: 'be one of', path: 'status', values: RECEIVING }],
});

/** The merchant may still receive money in a wallet that is opened for it. */
export const receivingInNewWallet = (merchantId: string): Guard => ({
  row: merchantRef(merchantId),
  conditions: [
    { must: 'be one of', path: 'status', values: RECEIVING },
    { must: 'be at most', path: 'wallets', value: MOST_WALLETS - 1n },
  ],
});

/** An admin's decision on everything the merchant is: the whole row is as it was read. */
export const decideStatus = ({ id, version }: Merchant, status: MerchantStatus): Change => ({
  row: merchantRef(id),
  conditions: [{ must: 'equal', path: 'version', value: version }],
  set: { status },
  remove: ['statusReason'],
});

/** An admin's change of status that looks at nothing else, so that traffic cannot starve it. */
export const changeStatus = (
  merchantId: string,
  from: MerchantStatus,
  status: MerchantStatus,
  reason?: string,
): Change => ({
  row: merchantRef(merchantId),
  conditions: [{ must: 'equal', path: 'status', value: from }],
  ...(reason === undefined
    ? { set: { status }, remove: ['statusReason'] }
    : { set: { status, statusReason: reason } }),
});

export type Terms = Pick<Merchant, 'feePpm' | 'feeTiers' | 'limits' | 'bankAccount'>;

/**
 * What a merchant pays, what it may spend, and where it is paid, from now on. A decision on the earlier terms
 * loses.
 */
export const changeTerms = (merchantId: string, terms: Partial<Terms>): Change => ({
  row: merchantRef(merchantId),
  conditions: [{ must: 'exist' }],
  set: terms,
  add: { termsVersion: 1n },
});

/** A change on the terms that were read, and no others. */
export const onTerms = ({ id, termsVersion }: Merchant): Guard => ({
  row: merchantRef(id),
  conditions: [{ must: 'equal', path: 'termsVersion', value: termsVersion }],
});

/** Another time zone, on the terms that were read: it depends on the zone that counts now. */
export const changeTimeZone = (
  merchant: Merchant,
  { timeZone, nextTimeZone }: TimeZones,
): Change => ({
  ...onTerms(merchant),
  set: { timeZone, ...(nextTimeZone !== undefined && { nextTimeZone }) },
  remove: nextTimeZone === undefined ? ['nextTimeZone'] : [],
});

const putSignIn = (merchantId: string, { pool, sub }: SignInId): Change => ({
  row: { kind: 'sign-in', pool, sub },
  conditions: [],
  put: { merchantId },
});

/** What a merchant changes itself, while it is active. */
export const changeOwnTerms = (merchantId: string, terms: Partial<Terms>): Change => ({
  ...changeTerms(merchantId, terms),
  conditions: [{ must: 'equal', path: 'status', value: 'ACTIVE' }],
});

/** Connects another user to the merchant. The user of before is disconnected. */
export const replaceSignIn = (
  { id, signIn: former }: Merchant,
  next: SignIn,
): readonly Change[] => [
  putSignIn(id, next),
  {
    row: { kind: 'sign-in', pool: former.pool, sub: former.sub },
    conditions: [{ must: 'equal', path: 'merchantId', value: id }],
    delete: true,
  },
  {
    row: merchantRef(id),
    conditions: [{ must: 'equal', path: 'signIn.sub', value: former.sub }],
    set: { signIn: next, formerSignIn: former },
  },
];

/** A new merchant, the row that makes its name unique, and the row of its sign-in. */
export const registerMerchant = (merchant: Merchant): readonly Change[] => [
  {
    row: { kind: 'name', name: merchant.name },
    conditions: [],
    put: { merchantId: merchant.id },
  },
  putSignIn(merchant.id, merchant.signIn),
  { row: merchantRef(merchant.id), conditions: [], put: merchant },
];
