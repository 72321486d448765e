import { type Currency, exponentOf, isAmount, type MinorUnits, minor } from './money.ts';

/** What one unit of a currency is worth in another, greater than zero: `units / 10^decimals`. Never a float. */
export type Rate = { readonly units: bigint; readonly decimals: number };

const DECIMAL = /^(-?)(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,30}))?$/;
const powerOfTen = (exponent: number): bigint => 10n ** BigInt(exponent);

/** A source's decimal text, or why it is no rate. */
export function parseRate(text: unknown): Rate | 'malformed' | 'not_positive' {
  const [, sign, whole = '', decimals = ''] =
    (typeof text === 'string' ? DECIMAL.exec(text) : undefined) ?? [];
  if (sign === undefined) return 'malformed';
  const units = BigInt(whole + decimals);
  return sign === '-' || units === 0n
    ? 'not_positive'
    : shortened({ units, decimals: decimals.length });
}

export function formatRate({ units, decimals }: Rate): string {
  const digits = units.toString().padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** The same rate without zeros at its end. */
function shortened(rate: Rate): Rate {
  let { units, decimals } = rate;
  while (decimals > 0 && units % 10n === 0n) {
    units /= 10n;
    decimals -= 1;
  }
  return { units, decimals };
}

/** Of the base itself. */
export const PAR: Rate = { units: 1n, decimals: 0 };

/** The quotient of two rates is no decimal in general: as many digits, or one more, of it are kept. */
const DIGITS = 18;

/**
 * The rate from one currency to another, both against the same base, rounded down: who converts receives a
 * little less in either direction.
 */
export function crossRate(from: Rate, to: Rate): Rate {
  const numerator = to.units * powerOfTen(from.decimals);
  const denominator = from.units * powerOfTen(to.decimals);
  const missing = DIGITS - (numerator.toString().length - denominator.toString().length);
  const decimals = Math.max(0, missing);
  return shortened({ units: (numerator * powerOfTen(decimals)) / denominator, decimals });
}

/** Whether a rate is more than 10 % off another one. */
export function isJump(rate: Rate, last: Rate): boolean {
  const [a, b] = [rate.units * powerOfTen(last.decimals), last.units * powerOfTen(rate.decimals)];
  return (a > b ? a - b : b - a) * 10n > b;
}

/** Which amount is fixed: what is given (sell), or what is received (buy). */
export type Side = 'sell' | 'buy';

export type Conversion = {
  readonly from: Currency;
  readonly to: Currency;
  readonly side: Side;
  /** In `from` for a sale, in `to` for a purchase. */
  readonly amount: MinorUnits;
};
export type Legs = {
  /** In `from`. */
  readonly give: MinorUnits;
  /** Both in `to`. What is given is worth at least the two together. */
  readonly receive: MinorUnits;
  readonly spread: MinorUnits;
};

const WHOLE = 1_000_000n;

/**
 * Both legs of a conversion. Every rounding favours the platform: what is received is rounded down, what is given
 * up, and the remainder is part of the spread, or stays in the exchange account. A purchase gives the least for
 * which a sale at the same rate brings the amount.
 * @param spreadPpm parts per million, below a million.
 * @returns undefined where a leg would be nothing, or too large for an amount.
 */
export function legsOf(
  { from, to, side, amount }: Conversion,
  { units, decimals }: Rate,
  spreadPpm: bigint,
): Legs | undefined {
  // Minor units of `to` for one of `from`, as a fraction.
  const numerator = units * powerOfTen(exponentOf(to));
  const denominator = powerOfTen(decimals + exponentOf(from));
  const [netNumerator, netDenominator] = [numerator * (WHOLE - spreadPpm), denominator * WHOLE];
  const give =
    side === 'sell' ? amount : (amount * netDenominator + netNumerator - 1n) / netNumerator;
  const receive = side === 'buy' ? amount : (amount * netNumerator) / netDenominator;
  const gross = (give * numerator) / denominator;
  if (!isAmount(give) || !isAmount(receive) || !isAmount(gross)) return undefined;
  return { give: minor(give), receive: minor(receive), spread: minor(gross - receive) };
}
