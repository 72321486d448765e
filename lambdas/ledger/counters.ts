import { type CalendarLabels, labelsAt, latest } from './calendar.ts';
import { type Merchant, merchantRef, type Spent, type Volume } from './merchant.ts';
import type { Currency, MinorUnits } from './money.ts';
import type { Change, Condition } from './row-writes.ts';

/**
 * The labels under which a merchant's spending counts now: the later of the stored and the current ones, so
 * that a slow clock opens no second window. Where its own counter is gone, the other currencies' say how far
 * the labels had come.
 */
export function countingLabels(merchant: Merchant, currency: Currency, at: Date): CalendarLabels {
  const now = labelsAt(merchant, at);
  const own = merchant.spent[currency];
  const stored = own === undefined ? Object.values(merchant.spent) : [own];
  return {
    day: stored.reduce((day, before) => latest(day, before.day), now.day),
    month: stored.reduce((month, before) => latest(month, before.month), now.month),
  };
}

/**
 * Everything that a debit counts: what is spent, with `bounds` also the volume of a transfer, and the
 * counters of earlier months go.
 */
export const countDebit = (
  merchant: Merchant,
  currency: Currency,
  amount: MinorUnits,
  labels: CalendarLabels,
  bounds?: TierBounds,
): readonly Change[] => [
  countSpending(merchant, currency, amount, labels),
  ...(bounds === undefined ? [] : [countVolume(merchant, currency, amount, labels.month, bounds)]),
  ...dropEarlierCounters(merchant, labels.month, [
    `spent.${currency}`,
    ...(bounds === undefined ? [] : [`transferVolume.${currency}`]),
  ]),
];

/** A condition expression takes 4 KB. The next debit drops the rest. */
const MOST_DROPPED = 50;

/**
 * Removes the counters of earlier months, as they were read, except those that this debit counts: the
 * merchant's row would otherwise grow with every currency that it ever used.
 */
function dropEarlierCounters(
  merchant: Merchant,
  month: string,
  counted: readonly string[],
): readonly Change[] {
  const monthsOf = (map: 'spent' | 'transferVolume') =>
    Object.entries(merchant[map]).map(([code, counter]) => ({
      path: `${map}.${code}`,
      month: counter.month,
    }));
  const earlier = [...monthsOf('spent'), ...monthsOf('transferVolume')]
    .filter((counter) => counter.month < month && !counted.includes(counter.path))
    .slice(0, MOST_DROPPED);
  if (earlier.length === 0) return [];
  return [
    {
      row: merchantRef(merchant.id),
      conditions: earlier.map(({ path, month: value }) => ({
        must: 'equal',
        path: `${path}.month`,
        value,
      })),
      remove: earlier.map(({ path }) => path),
    },
  ];
}

/**
 * Counts spending on a day and month, in minor units (CR-5). A counter that is already
 * running is added to, up to its limit, so that a busy merchant's withdrawals do not exclude each other; the
 * first of a day or month replaces it. Both stored labels must be as they were read.
 */
export function countSpending(
  merchant: Merchant,
  currency: Currency,
  amount: MinorUnits,
  { day, month }: CalendarLabels,
): Change {
  const before = merchant.spent[currency];
  const row = merchantRef(merchant.id);
  const path = `spent.${currency}`;
  if (before === undefined) {
    const first: Spent = { day, dayAmount: amount, month, monthAmount: amount };
    return { row, conditions: [{ must: 'be absent', path }], set: { [path]: first } };
  }
  const sameDay = before.day === day;
  const sameMonth = before.month === month;
  const { daily, monthly } = merchant.limits[currency] ?? {};
  return {
    row,
    conditions: [
      { must: 'equal', path: `${path}.day`, value: before.day },
      { must: 'equal', path: `${path}.month`, value: before.month },
      ...(sameDay ? roomFor(amount, `${path}.dayAmount`, daily) : []),
      ...(sameMonth ? roomFor(amount, `${path}.monthAmount`, monthly) : []),
    ],
    set: {
      ...(!sameDay && { [`${path}.day`]: day, [`${path}.dayAmount`]: amount }),
      ...(!sameMonth && { [`${path}.month`]: month, [`${path}.monthAmount`]: amount }),
    },
    add: {
      ...(sameDay && { [`${path}.dayAmount`]: amount }),
      ...(sameMonth && { [`${path}.monthAmount`]: amount }),
    },
  };
}

/** A limit is not exceeded by those that were counted in between. */
const roomFor = (
  amount: MinorUnits,
  path: string,
  limit: MinorUnits | undefined,
): readonly Condition[] =>
  limit === undefined ? [] : [{ must: 'be at most', path, value: limit - amount }];

/**
 * Takes an amount off the counters that still count its day or month; others have started anew.
 * Undefined where neither does.
 */
export function uncountSpending(
  merchant: Merchant,
  currency: Currency,
  amount: MinorUnits,
  counted: { readonly day: string | undefined; readonly month: string | undefined },
): Change | undefined {
  const stored = merchant.spent[currency];
  const running = (['day', 'month'] as const).filter(
    (label) => stored !== undefined && stored[label] === counted[label],
  );
  if (stored === undefined || running.length === 0) return undefined;
  const path = `spent.${currency}`;
  return {
    row: merchantRef(merchant.id),
    conditions: running.map((label) => ({
      must: 'equal',
      path: `${path}.${label}`,
      value: stored[label],
    })),
    add: Object.fromEntries(running.map((label) => [`${path}.${label}Amount`, -amount])),
  };
}

/** What was transferred in a month so far, in minor units. */
export const volumeIn = (merchant: Merchant, currency: Currency, month: string): bigint => {
  const volume: Volume | undefined = merchant.transferVolume[currency];
  return volume?.month === month ? volume.amount : 0n;
};

/** A tier's bounds: the volume it starts at, and the one at which the next tier starts. */
export type TierBounds = { readonly from: bigint | undefined; readonly below: bigint | undefined };

/**
 * Counts a transfer towards the month's volume (WA-8). With `bounds`, the volume must still be inside the
 * tier that priced the transfer.
 */
export function countVolume(
  merchant: Merchant,
  currency: Currency,
  amount: MinorUnits,
  month: string,
  bounds: TierBounds,
): Change {
  const before = merchant.transferVolume[currency];
  const row = merchantRef(merchant.id);
  const path = `transferVolume.${currency}`;
  if (before === undefined) {
    return { row, conditions: [{ must: 'be absent', path }], set: { [path]: { month, amount } } };
  }
  const asRead: Condition = { must: 'equal', path: `${path}.month`, value: before.month };
  if (before.month !== month) {
    return {
      row,
      conditions: [asRead],
      set: { [`${path}.month`]: month, [`${path}.amount`]: amount },
    };
  }
  return {
    row,
    conditions: [asRead, ...withinTier(`${path}.amount`, bounds)],
    add: { [`${path}.amount`]: amount },
  };
}

function withinTier(path: string, { from, below }: TierBounds): readonly Condition[] {
  const conditions: Condition[] = [];
  if (from !== undefined) conditions.push({ must: 'be at least', path, value: from });
  if (below !== undefined) conditions.push({ must: 'be at most', path, value: below - 1n });
  return conditions;
}
