import { data } from 'currency-codes';
import * as z from 'zod';

/** Units of account that ISO 4217 lists without a minor unit: metals, bond units, test codes. */
const NO_MONEY = new Set(['XDR', 'XSU', 'XUA']);
const isMoney = (entry: (typeof data)[number]): boolean =>
  !NO_MONEY.has(entry.code) && !entry.countries.some((country) => country.startsWith('Zz'));

/** How many decimals each currency has: ISO 4217, plus bitcoin in satoshis and the toman (WA-1). */
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...data.filter(isMoney).map(({ code, digits }) => [code, digits] as const),
  // It replaced ANG in 2025, after the library's last release.
  ['XCG', 2],
  ['BTC', 8],
  // Ten rials, in which Iran counts. ISO 4217 lists the rial (IRR) alone.
  ['IRT', 0],
]);

/** A currency code in capitals; clients may write it in any case. */
export const currencyCode = z
  .string()
  .toUpperCase()
  .refine((code) => EXPONENTS.has(code), 'currency_unknown')
  .brand<'currency'>();
export type Currency = z.infer<typeof currencyCode>;

/** Whole minor units (cents, satoshis). Never a JS number, never a float. */
export const minorUnits = z.bigint().brand<'minor-units'>();
export type MinorUnits = z.infer<typeof minorUnits>;
export const minor = (units: bigint): MinorUnits => minorUnits.parse(units);

export const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Decimals. */
export const exponentOf = (currency: Currency): number => EXPONENTS.get(currency) ?? 0;

/** ASCII digits only, no sign, no exponent, no leading zeros. */
const DECIMAL = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;
/** Far above any real amount, far below the 28 digits to which every engine adds exactly. */
const MOST_DIGITS = 18;

/** Whether minor units can be an amount that moves. */
export const isAmount = (units: bigint): boolean =>
  units > 0n && units < 10n ** BigInt(MOST_DIGITS);

export type AmountReason =
  | 'amount_malformed'
  | 'amount_too_precise'
  | 'amount_too_large'
  | 'amount_not_positive';

/** A client's decimal text in minor units, or why not. Too many decimals is an error, never a rounding. */
export function parseUnits(
  text: string,
  currency: Currency,
): MinorUnits | Exclude<AmountReason, 'amount_not_positive'> {
  const [, whole, decimals = ''] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return 'amount_malformed';
  const exponent = exponentOf(currency);
  if (decimals.length > exponent) return 'amount_too_precise';
  const digits = whole + decimals.padEnd(exponent, '0');
  if (digits.length > MOST_DIGITS) return 'amount_too_large';
  return minor(BigInt(digits));
}

/** The same of what moves: more than zero. */
export function parseAmount(text: string, currency: Currency): MinorUnits | AmountReason {
  const units = parseUnits(text, currency);
  return units === 0n ? 'amount_not_positive' : units;
}

/** Minor units as decimal text with all of the currency's decimals. */
export function formatAmount(units: bigint, currency: Currency): string {
  const exponent = exponentOf(currency);
  const digits = (units < 0n ? -units : units).toString().padStart(exponent + 1, '0');
  const sign = units < 0n ? '-' : '';
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
