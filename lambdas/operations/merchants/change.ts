import * as z from 'zod';
import { amountText, byId, inMinorUnits, nothing } from '../../http/fields.ts';
import { failure, success } from '../../http/response.ts';
import { endpoint } from '../../http/router.ts';
import { merchantBalancesView } from '../../http/views.ts';
import { commit } from '../../ledger/commit.ts';
import type { Reading } from '../../ledger/context.ts';
import { type FeeTier, parsePercent, tierFault } from '../../ledger/fees.ts';
import { currencyCode } from '../../ledger/money.ts';
import { changeMerchant, readMerchantBalances } from '../../ledger/rows/merchants.ts';
import { log } from '../../platform/logger.ts';
import { settled, untilDecided } from '../../platform/retry.ts';

const percent = z.string().transform((text, ctx) => {
  const ppm = parsePercent(text);
  if (ppm !== undefined) return ppm;
  ctx.addIssue({ code: 'custom', message: 'fee_malformed', input: text });
  return z.NEVER;
});

/** The merchant's row stays under a kilobyte. */
const MOST_TIERS = 10;
const tier = z
  .strictObject({ currency: currencyCode, from_volume: amountText, fee: percent })
  .transform(({ currency, from_volume, fee }, ctx) => ({
    currency,
    tier: { from: inMinorUnits(['from_volume'], from_volume, currency, ctx), ppm: fee },
  }));

/** All tiers at once, by currency; those of each currency in rising order. */
const tiers = z
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

const form = z.object({
  params: byId,
  query: nothing,
  body: z
    .strictObject({ fee: percent.optional(), fee_tiers: tiers.optional() })
    .refine(({ fee, fee_tiers }) => (fee ?? fee_tiers) !== undefined, 'nothing_to_change'),
});

/**
 * PATCH /admin/merchants/{id}: sets the merchant's fee, in per cent of what it transfers (ID-5), or its
 * tiers by monthly volume, all of them at once (WA-8). Setting the same again changes nothing, so no key
 * is needed. Refuses: merchant_not_found.
 */
export const changeMerchantAsAdmin = ({ ledger, now }: Reading) =>
  endpoint('optional', form, async ({ params: { id }, body: { fee, fee_tiers } }, call) => {
    const change = {
      ...(fee !== undefined && { feePpm: fee }),
      ...(fee_tiers !== undefined && { feeTiers: fee_tiers }),
    };
    const result = await untilDecided(async () =>
      settled(await commit(ledger.dynamo, [changeMerchant(ledger, id, change)])),
    );
    if (result.kind === 'undecided') return failure('busy', call.id);
    const found = await readMerchantBalances(ledger, id, now());
    if (found === undefined) return failure('merchant_not_found', call.id);
    log('security', 'MERCHANT_CHANGED', {
      request_id: call.id,
      admin: call.caller.sub,
      merchant: id,
    });
    return success({
      status: 200,
      message: { en: 'The merchant is changed.', fa: 'پذیرنده تغییر کرد.' },
      data: merchantBalancesView(found),
    });
  });
