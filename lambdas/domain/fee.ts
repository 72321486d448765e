import { type MinorUnits, minor } from './money.ts';

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
