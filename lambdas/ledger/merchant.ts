import * as z from 'zod';
import type { CalendarLabels } from './calendar.ts';
import { feeTier } from './fees.ts';
import { type Currency, currencyCode, type MinorUnits, minor, minorUnits } from './money.ts';
import { type Reason, type Refused, refused } from './reasons.ts';

export const MERCHANT_STATUSES = [
  'PENDING',
  'ACTIVE',
  'SUSPENDED',
  'REJECTED',
  'ARCHIVED',
] as const;
export type MerchantStatus = (typeof MERCHANT_STATUSES)[number];

/** What was spent on the latest local day and month; an older label counts as nothing spent. */
const spentRow = z.object({
  day: z.string(),
  dayAmount: minorUnits,
  month: z.string(),
  monthAmount: minorUnits,
});
export type Spent = z.infer<typeof spentRow>;

/** What was transferred in the latest local month, by which the tier is found (WA-8). */
const volumeRow = z.object({ month: z.string(), amount: minorUnits });
export type Volume = z.infer<typeof volumeRow>;

export const merchantRow = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  status: z.enum(MERCHANT_STATUSES),
  requestedCredit: minorUnits,
  requestedCurrency: currencyCode,
  bankAccount: z.string().min(1),
  /** Parts per million of a transfer's amount. */
  feePpm: z.bigint(),
  /** By currency, rising; a merchant registered before there were any has none. */
  feeTiers: z.record(z.string(), z.array(feeTier)).default({}),
  timeZone: z.string().min(1),
  limits: z.record(
    z.string(),
    z.object({ daily: minorUnits.optional(), monthly: minorUnits.optional() }),
  ),
  spent: z.record(z.string(), spentRow),
  transferVolume: z.record(z.string(), volumeRow),
  createdAt: z.string(),
  /** Raised by every write; a payer's decision holds only while it stands. */
  seq: z.bigint(),
});
export type Merchant = z.infer<typeof merchantRow>;

/** Why a merchant may not start anything that moves money; undefined where it may. */
export function mayNotSpend(merchant: Merchant | undefined): Reason | undefined {
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

/** An admin's change of status, the statuses it starts from, and the refusal from any other. */
export const MERCHANT_MOVES = {
  reject: { from: 'PENDING', to: 'REJECTED', otherwise: 'merchant_not_pending' },
  suspend: { from: 'ACTIVE', to: 'SUSPENDED', otherwise: 'merchant_not_active' },
  reactivate: { from: 'SUSPENDED', to: 'ACTIVE', otherwise: 'merchant_not_suspended' },
} as const satisfies Record<
  string,
  { from: MerchantStatus; to: MerchantStatus; otherwise: Reason }
>;
export type MerchantMove = keyof typeof MERCHANT_MOVES;

const latest = (label: string, before: string | undefined): string =>
  before !== undefined && before > label ? before : label;

/**
 * The counters after `amount` more is spent: a new day or month starts from nothing. A label never goes
 * back: a clock that is behind, or a time zone moved west, may not open a second window.
 */
export function spentAfter(
  merchant: Merchant,
  currency: Currency,
  amount: MinorUnits,
  { day, month }: CalendarLabels,
): Spent {
  const before = merchant.spent[currency];
  const spent = { day: latest(day, before?.day), month: latest(month, before?.month) };
  return {
    day: spent.day,
    dayAmount: minor((before?.day === spent.day ? before.dayAmount : 0n) + amount),
    month: spent.month,
    monthAmount: minor((before?.month === spent.month ? before.monthAmount : 0n) + amount),
  };
}
