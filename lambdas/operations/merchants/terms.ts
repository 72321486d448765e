import * as z from 'zod';
import { amountText, inMinorUnits } from '../../http/fields.ts';
import { ianaTimeZone } from '../../ledger/calendar.ts';
import { type FeeTier, parsePercent, tierFault } from '../../ledger/fees.ts';
import type { Merchant } from '../../ledger/merchant.ts';
import { type Currency, currencyCode, parseUnits } from '../../ledger/money.ts';

/** What an admin sets for a merchant. */

export const percent = z.string().transform((text, ctx) => {
  const ppm = parsePercent(text);
  if (ppm !== undefined) return ppm;
  ctx.addIssue({ code: 'custom', message: 'fee_malformed', input: text });
  return z.NEVER;
});

/** Keeps the merchant's row under a kilobyte. */
const MOST_TIERS = 10;
const tier = z
  .strictObject({ currency: currencyCode, from_volume: amountText, fee: percent })
  .transform(({ currency, from_volume, fee }, ctx) => ({
    currency,
    tier: { from: inMinorUnits(['from_volume'], from_volume, currency, ctx), ppm: fee },
  }));

/** All tiers at once, by currency; those of each currency in rising order. */
export const tiers = z
  .array(tier)
  .max(MOST_TIERS)
  .transform((list, ctx) => {
    const found: Record<string, FeeTier[]> = {};
    for (const [index, { currency, tier: next }] of list.entries()) {
      const own = [...(found[currency] ?? []), next];
      found[currency] = own;
      const fault = tierFault(own);
      if (fault === undefined) continue;
      const path = [index, 'from_volume'];
      ctx.addIssue({ code: 'custom', path, message: fault.reason, input: list });
      return z.NEVER;
    }
    return found;
  });

/** Keeps the merchant's row under two kilobytes. */
const MOST_LIMITS = 10;

/** Zero is a limit as well: nothing may be spent. */
const inUnits = (
  name: 'daily' | 'monthly',
  text: string | undefined,
  currency: Currency,
  ctx: z.core.$RefinementCtx,
) => (text === undefined ? undefined : inMinorUnits([name], text, currency, ctx, parseUnits));

const limit = z
  .strictObject({
    currency: currencyCode,
    daily: amountText.optional(),
    monthly: amountText.optional(),
  })
  .refine(({ daily, monthly }) => (daily ?? monthly) !== undefined, 'limit_empty')
  .transform((entry, ctx) => {
    const { currency } = entry;
    const daily = inUnits('daily', entry.daily, currency, ctx);
    const monthly = inUnits('monthly', entry.monthly, currency, ctx);
    if (daily !== undefined && monthly !== undefined && daily > monthly)
      ctx.addIssue({
        code: 'custom',
        path: ['daily'],
        message: 'daily_above_monthly',
        input: entry.daily,
      });
    return {
      currency,
      limits: {
        ...(daily !== undefined && { daily }),
        ...(monthly !== undefined && { monthly }),
      },
    };
  });

/** All limits at once, by currency. No entry for a currency means no limit. */
export const limits = z
  .array(limit)
  .max(MOST_LIMITS)
  .transform((list, ctx): Merchant['limits'] => {
    const found: Merchant['limits'] = {};
    for (const [index, { currency, limits: own }] of list.entries()) {
      if (found[currency] !== undefined)
        ctx.addIssue({
          code: 'custom',
          path: [index, 'currency'],
          message: 'currency_repeated',
          input: currency,
        });
      found[currency] = own;
    }
    return found;
  });

export const timeZone = z.string().transform((text, ctx) => {
  const zone = ianaTimeZone(text);
  if (zone !== undefined) return zone;
  ctx.addIssue({ code: 'custom', message: 'time_zone_unknown', input: text });
  return z.NEVER;
});
