import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { changeOperation } from '../../http/change-operation.ts';
import { byMerchantId, nothing } from '../../http/fields.ts';
import { ifMatchHeader, isMatch } from '../../http/if-match.ts';
import { changedTimeZone } from '../../ledger/calendar.ts';
import { refused } from '../../ledger/decision.ts';
import {
  changeTerms,
  changeTimeZone,
  type Merchant,
  onTerms,
  type Terms,
} from '../../ledger/merchant.ts';
import { readMerchant, readMerchantBalances } from '../../ledger/rows/merchants.ts';
import { limits, percent, tiers, timeZone } from './terms.ts';
import { merchantBalancesView, termsTag } from './view.ts';

const input = z.object({
  params: byMerchantId,
  query: nothing,
  headers: ifMatchHeader,
  body: z
    .strictObject({
      fee: percent.optional(),
      fee_tiers: tiers.optional(),
      limits: limits.optional(),
      time_zone: timeZone.optional(),
    })
    .refine((body) => Object.values(body).some((each) => each !== undefined), 'nothing_to_change'),
});

type Wanted = z.output<typeof input>['body'];
const termsOf = ({ fee, fee_tiers, limits: wanted }: Wanted): Partial<Terms> => ({
  ...(fee !== undefined && { feePpm: fee }),
  ...(fee_tiers !== undefined && { feeTiers: fee_tiers }),
  ...(wanted !== undefined && { limits: wanted }),
});

/** What the row of a merchant shows of these terms, and of the zone that was last asked for. */
const shownBy = ({ feePpm, feeTiers, limits: stored, timeZone: zone, nextTimeZone }: Merchant) => ({
  feePpm,
  feeTiers,
  limits: stored,
  zone: nextTimeZone?.zone ?? zone,
});

const isShown = (merchant: Merchant, body: Wanted): boolean => {
  const shown = shownBy(merchant);
  const zone = body.time_zone === undefined ? {} : { zone: body.time_zone };
  return isDeepStrictEqual(shown, { ...shown, ...termsOf(body), ...zone });
};

/**
 * Sets the merchant's fee, in per cent of what it transfers (ID-5), its tiers by monthly volume (WA-8), what it
 * may spend in a day or month (CR-5), each list all at once, or its time zone from the next day on. Setting
 * the same again is harmless, so no key is needed. With If-Match only on the terms that the admin has read.
 * Refuses: merchant_not_found, merchant_changed.
 */
export const changeMerchant = changeOperation({
  name: 'change-merchant',
  route: 'PATCH /admin/merchants/{id}',
  access: 'admin',
  input,
  read: (ledger, { params: { id } }) => readMerchant(ledger, id),
  decide: (merchant, { body, headers }, now) => {
    if (merchant === undefined) return refused('merchant_not_found');
    if (!isMatch(headers, termsTag(merchant).etag))
      // A repeat whose first response was lost (RFC 9110, section 13.1.1). Nobody's change is overwritten.
      return isShown(merchant, body) ? { kind: 'done' } : refused('merchant_changed');
    const zone = body.time_zone;
    return {
      kind: 'accepted',
      changes: [
        changeTerms(merchant.id, termsOf(body)),
        ...(headers['If-Match'] === undefined ? [] : [onTerms(merchant)]),
        ...(zone === undefined
          ? []
          : [changeTimeZone(merchant, changedTimeZone(merchant, zone, now))]),
      ],
    };
  },
  isDone: (merchant, { body }) => merchant !== undefined && isShown(merchant, body),
  versionOf: (merchant) => merchant?.termsVersion,
  // Balances are read for the response alone: traffic on the wallets cannot starve the change.
  respond: async (merchant, ledger) => {
    const found = merchant && (await readMerchantBalances(ledger, merchant.id));
    return {
      status: 200,
      message: { en: 'The merchant is changed.', fa: 'پذیرنده تغییر کرد.' },
      data: found && merchantBalancesView(found, ledger.now()),
      ...(found && { headers: termsTag(found.merchant) }),
    };
  },
  logged: {
    kind: 'security',
    code: 'MERCHANT_CHANGED',
    fields: (merchant) => ({ merchant: merchant?.id }),
  },
});
