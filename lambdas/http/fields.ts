import * as z from 'zod';
import { looksLikeMerchantId, merchantId } from '../ledger/merchant-id.ts';
import {
  type AmountReason,
  type Currency,
  currencyCode,
  type MinorUnits,
  parseAmount,
} from '../ledger/money.ts';

/** Fields that several operations take. Each names what is wrong by a `FieldReason`. */

/** An amount is text until its currency is known: a JSON number may have been rounded on its way. */
export const amountText = z.string().max(64, 'amount_too_large');

export const currencyOr = (fallback: Currency) => currencyCode.default(fallback);

/**
 * Reads an amount in its currency's minor units, or names the field at `path` as wrong.
 * @param parse `parseUnits` where nothing at all is allowed too, such as a limit of zero.
 */
export function inMinorUnits(
  path: string[],
  text: string,
  currency: Currency,
  ctx: z.core.$RefinementCtx,
  parse: (text: string, currency: Currency) => MinorUnits | AmountReason = parseAmount,
): MinorUnits {
  const amount = parse(text, currency);
  if (typeof amount === 'bigint') return amount;
  ctx.addIssue({ code: 'custom', path, message: amount, input: text });
  return z.NEVER;
}

/** Fields of a body that names money. */
export const moneyFields = (fallback: Currency) => ({
  amount: amountText,
  currency: currencyOr(fallback),
});

/** The money that a body with `moneyFields` names, in minor units. */
export const moneyIn = (
  { amount, currency }: { readonly amount: string; readonly currency: Currency },
  ctx: z.core.$RefinementCtx,
) => ({ amount: inMinorUnits(['body', 'amount'], amount, currency, ctx), currency });

/** Of a user at a user pool, which Cognito accepts in the place of a name. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Lower case, so that two names that differ only in case are one (ID-1). Never what looks like an id. */
export const username = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'username_malformed')
  .refine((name) => !looksLikeMerchantId(name) && !UUID.test(name), 'username_like_id');

export const bankAccount = z.string().regex(/^[A-Za-z0-9-]{4,34}$/, 'bank_account_malformed');

/** It has something to read, and nothing that a terminal or a log would obey. Half a character is no text. */
const isReadable = (text: string): boolean =>
  text.isWellFormed() && /[\p{L}\p{N}\p{P}\p{S}]/u.test(text) && !/\p{Cc}/u.test(text);

/** Why somebody decided something, in its own words, on one line. */
export const reasonText = z.string().min(1, { abort: true }).max(200).refine(isReadable, 'invalid');

/** A query without parameters, a body without fields. */
export const nothing = z.strictObject({});
export const noBody = nothing.optional();

export const byId = z.object({ id: z.string().min(1).max(64) });
export const byMerchantId = z.object({ id: merchantId });

/** Less than a millisecond, which a Date drops. */
const BELOW_MS = /\.[0-9]{3}[0-9]*[1-9]/;

/**
 * An instant with its zone, in UTC and whole milliseconds from here on. Rounded up: what it bounds is stored in
 * milliseconds, and nothing happens before it by a fraction of one.
 */
export const notBefore = z.iso
  .datetime({ offset: true, error: 'time_malformed' })
  .transform((text) => new Date(Date.parse(text) + (BELOW_MS.test(text) ? 1 : 0)).toISOString())
  // In UTC the year may need more than four digits, which would not sort.
  .pipe(z.string().regex(/^[0-9]{4}-/, 'time_malformed'));

export const pageQuery = {
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,2}$/, 'invalid')
    .transform(Number)
    .pipe(z.number().max(100))
    .default(50),
  cursor: z.string().max(512).optional(),
};
