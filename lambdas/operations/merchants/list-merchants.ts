import * as z from 'zod';
import { pageQuery, username } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { endpoint } from '../../http/router.ts';
import { merchantBalancesView } from '../../http/views.ts';
import type { Reading } from '../../ledger/context.ts';
import { MERCHANT_STATUSES, type Merchant } from '../../ledger/merchant.ts';
import { findByName, listMerchants, readMerchantBalances } from '../../ledger/rows/merchants.ts';
import type { Ledger } from '../../ledger/table.ts';

const query = z.strictObject({
  ...pageQuery,
  status: z.enum(MERCHANT_STATUSES).optional(),
  name: username.optional(),
});

/** GET /admin/merchants?status&name: newest first (ID-6). A name is unique, so it finds one or none. */
export const listMerchantsAsAdmin = ({ ledger, now }: Reading) =>
  endpoint('optional', z.object({ query }), ({ query: wanted }, { id: callId }) => {
    const { status, name, ...page } = wanted;
    const message = { en: 'Merchants, newest first.', fa: 'پذیرندگان، تازه‌ترین نخست.' };
    return listPage({ callId, list: ['merchants', status, name], page, message }, async (place) => {
      const found =
        name === undefined
          ? await listMerchants(ledger, status, place.before, place.limit)
          : { merchants: await named(ledger, name, status), last: undefined };
      return { items: await withBalances(ledger, found.merchants, now()), last: found.last };
    });
  });

async function named(ledger: Ledger, name: string, status: string | undefined) {
  const merchant = await findByName(ledger, name);
  return merchant !== undefined && (status ?? merchant.status) === merchant.status
    ? [merchant]
    : [];
}

async function withBalances(ledger: Ledger, merchants: readonly Merchant[], now: Date) {
  const found = await Promise.all(merchants.map(({ id }) => readMerchantBalances(ledger, id, now)));
  return found.filter((each) => each !== undefined).map(merchantBalancesView);
}
