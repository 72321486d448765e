import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { changeOperation } from '../../http/change-operation.ts';
import { amountText, byMerchantId, inMinorUnits, nothing } from '../../http/fields.ts';
import { refused } from '../../ledger/decision.ts';
import { type FeeTier, parsePercent, tierFault } from '../../ledger/fees.ts';
import { changeTerms, type Terms } from '../../ledger/merchant.ts';
import { currencyCode } from '../../ledger/money.ts';
import { readMerchant, readMerchantBalances } from '../../ledger/rows/merchants.ts';
import { merchantBalancesView } from './view.ts';

const percent = z.string().transform((text, ctx) => {
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

const input = z.object({
  params: byMerchantId,
  query: nothing,
  body: z
    .strictObject({ fee: percent.optional(), fee_tiers: tiers.optional() })
    .refine(({ fee, fee_tiers }) => (fee ?? fee_tiers) !== undefined, 'nothing_to_change'),
});

type Wanted = z.output<typeof input>['body'];
const termsOf = ({ fee, fee_tiers }: Wanted): Partial<Terms> => ({
  ...(fee !== undefined && { feePpm: fee }),
  ...(fee_tiers !== undefined && { feeTiers: fee_tiers }),
});

/**
 * Sets the merchant's fee, in per cent of what it transfers (ID-5), or its tiers by monthly volume, all of
 * them at once (WA-8). Setting the same again is harmless, so no key is needed.
 * Refuses: merchant_not_found.
 */
export const changeMerchant = changeOperation({
  name: 'change-merchant',
  route: 'PATCH /admin/merchants/{id}',
  access: 'admin',
  input,
  read: (ledger, { params: { id } }) => readMerchant(ledger, id),
  decide: (merchant, { params: { id }, body }) =>
    merchant === undefined
      ? refused('merchant_not_found')
      : { kind: 'accepted', changes: [changeTerms(id, termsOf(body))] },
  isDone: (merchant, { body }) => {
    const { feePpm = merchant?.feePpm, feeTiers = merchant?.feeTiers } = termsOf(body);
    return isDeepStrictEqual([merchant?.feePpm, merchant?.feeTiers], [feePpm, feeTiers]);
  },
  versionOf: (merchant) => merchant?.termsVersion,
  // Balances are read for the response alone: traffic on the wallets cannot starve the change.
  respond: async (merchant, ledger) => {
    const found = merchant && (await readMerchantBalances(ledger, merchant.id));
    return {
      status: 200,
      message: { en: 'The merchant is changed.', fa: 'پذیرنده تغییر کرد.' },
      data: found && merchantBalancesView(found),
    };
  },
  logged: {
    kind: 'security',
    code: 'MERCHANT_CHANGED',
    fields: (merchant) => ({ merchant: merchant?.id }),
  },
});
