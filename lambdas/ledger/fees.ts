import * as z from 'zod';
import { type MinorUnits, minor, minorUnits } from './money.ts';

/** A rate of its own from a monthly transfer volume on, in one currency (WA-8). */
export const feeTier = z.object({
  /** Minor units transferred in the local month before the transfer that is charged. */
  from: minorUnits,
  /** Parts per million. */
  ppm: z.bigint(),
});
export type FeeTier = z.infer<typeof feeTier>;

/** The rate at a volume: that of the highest tier reached, or else the merchant's own. */
export function rateAt(
  volume: bigint,
  ownPpm: bigint,
  tiers: readonly FeeTier[],
): {
  readonly ppm: bigint;
  readonly tier: FeeTier | undefined;
  /** The tier that a higher volume reaches. */
  readonly next: FeeTier | undefined;
} {
  const reached = tiers.findLastIndex(({ from }) => from <= volume);
  const tier = tiers[reached];
  return { ppm: tier?.ppm ?? ownPpm, tier, next: tiers[reached + 1] };
}

export type TierFault = 'tiers_overlap' | 'tiers_fall';

/** The first tier of one currency that breaks the rising order, and how. */
export function tierFault(
  tiers: readonly FeeTier[],
): { readonly index: number; readonly reason: TierFault } | undefined {
  for (const [index, { from }] of tiers.entries()) {
    const before = tiers[index - 1];
    if (before === undefined || before.from < from) continue;
    return { index, reason: before.from === from ? 'tiers_overlap' : 'tiers_fall' };
  }
  return undefined;
}

const WHOLE = 1_000_000n;

/**
 * A fee of `ppm` parts per million of an amount, rounded half to even at the currency's exponent: over
 * many transfers neither side gains (WA-5).
 */
export function feeOf(amount: MinorUnits, ppm: bigint): MinorUnits {
  const exact = amount * ppm;
  const down = exact / WHOLE;
  const twice = (exact % WHOLE) * 2n;
  const up = twice > WHOLE || (twice === WHOLE && down % 2n === 1n);
  return minor(up ? down + 1n : down);
}

const PERCENT = /^([0-9]{1,2})(?:\.([0-9]{1,4}))?$/;

/** A percentage below 100 with up to four decimals, in parts per million; undefined if it is none. */
export function parsePercent(text: string): bigint | undefined {
  const [, whole, decimals = ''] = PERCENT.exec(text) ?? [];
  return whole === undefined ? undefined : BigInt(whole + decimals.padEnd(4, '0'));
}

/** Parts per million as a percentage with two decimals, or up to four where it needs them. */
export const formatPercent = (ppm: bigint): string => {
  const text = ppm.toString().padStart(5, '0');
  return `${text.slice(0, -4)}.${text.slice(-4)}`.replace(/0{1,2}$/, '');
};
