import { type CalendarLabels, endOf } from './calendar.ts';
import { countDebit, countingLabels, type TierBounds } from './counters.ts';
import { type Refused, refused } from './decision.ts';
import type { Merchant } from './merchant.ts';
import { type Currency, formatAmount, type MinorUnits, minor } from './money.ts';
import type { Change } from './row-writes.ts';

/** A limit, and how much of it is used. */
type Limited = {
  readonly limit: MinorUnits;
  /** Never negative, even where the limit was lowered below what is used. */
  readonly left: MinorUnits;
};
export type Allowance = {
  /** The day or month that counts. */
  readonly label: string;
  readonly used: MinorUnits;
  /** Undefined where spending is only counted. */
  readonly limited: Limited | undefined;
};
type Allowances = { readonly daily: Allowance; readonly monthly: Allowance };

/** What a merchant may spend of one currency under these labels, and has spent. */
export function allowancesOf(
  { spent, limits }: Merchant,
  currency: Currency,
  { day, month }: CalendarLabels,
): Allowances {
  const stored = spent[currency];
  const { daily, monthly } = limits[currency] ?? {};
  return {
    daily: allowance(day, stored?.day === day ? stored.dayAmount : minor(0n), daily),
    monthly: allowance(month, stored?.month === month ? stored.monthAmount : minor(0n), monthly),
  };
}

const allowance = (label: string, used: MinorUnits, limit: MinorUnits | undefined): Allowance => ({
  label,
  used,
  limited:
    limit === undefined ? undefined : { limit, left: minor(limit > used ? limit - used : 0n) },
});

/** A debit that the limits allow: where it counts, and what counts it. */
export type Spending = {
  readonly kind: 'counted';
  readonly labels: CalendarLabels;
  readonly changes: readonly Change[];
};

/**
 * The one rule of everything that a merchant spends (CR-5): its amount, without a fee, must be left of the
 * day's and the month's limit, and counts towards both. With `bounds` it also counts towards the volume that
 * decides the fee tier.
 */
export function spend(
  merchant: Merchant,
  currency: Currency,
  amount: MinorUnits,
  now: Date,
  bounds?: TierBounds,
): Refused | Spending {
  const labels = countingLabels(merchant, currency, now);
  const over = exceeded(allowancesOf(merchant, currency, labels), amount);
  if (over !== undefined) {
    return refused(over.reason, {
      left: formatAmount(over.left, currency),
      currency,
      resets_at: endOf(over.label, merchant, now).toISOString(),
    });
  }
  const changes = countDebit(merchant, currency, amount, labels, bounds);
  return { kind: 'counted', labels, changes };
}

/** Of two exceeded limits the one that leaves less, so that what is left can be spent. */
function exceeded({ daily, monthly }: Allowances, amount: MinorUnits) {
  const [first] = [
    { reason: 'monthly_limit_exceeded' as const, ...monthly },
    { reason: 'daily_limit_exceeded' as const, ...daily },
  ]
    .flatMap(({ reason, label, limited }) =>
      limited !== undefined && amount > limited.left ? [{ reason, label, left: limited.left }] : [],
    )
    .toSorted((one, other) => (one.left < other.left ? -1 : Number(one.left > other.left)));
  return first;
}
