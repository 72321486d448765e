import * as z from 'zod';
import { pageQuery, username } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { operation } from '../../http/operation.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { MERCHANT_STATUSES } from '../../ledger/merchant.ts';
import { findByName, listMerchants, withBalances } from '../../ledger/rows/merchants.ts';
import { merchantBalancesView } from './view.ts';

const query = z.strictObject({
  ...pageQuery,
  status: z.enum(MERCHANT_STATUSES).optional(),
  name: username.optional(),
});

/** Newest first (ID-6). A name is unique: the filter finds one merchant or none. */
export const listMerchantsAsAdmin = operation({
  name: 'list-merchants',
  route: 'GET /admin/merchants',
  access: 'admin',
  grants: [{ query: 'byStatus' }],
  input: () => z.object({ query }),
  handle: ({ query: wanted }, { id: callId }, { ledger }) => {
    const { status, name, ...page } = wanted;
    const message = { en: 'Merchants, newest first.', fa: 'پذیرندگان، تازه‌ترین نخست.' };
    return listPage({ callId, list: ['merchants', status, name], page, message }, async (place) => {
      const found =
        name === undefined
          ? await listMerchants(ledger, status, place.before, place.limit)
          : { merchants: await named(ledger, name, status), last: undefined };
      const now = ledger.now();
      const items = await withBalances(ledger, found.merchants);
      return { items: items.map((item) => merchantBalancesView(item, now)), last: found.last };
    });
  },
});

async function named(ledger: LedgerContext, name: string, status: string | undefined) {
  const merchant = await findByName(ledger, name);
  return merchant !== undefined && (status ?? merchant.status) === merchant.status
    ? [merchant]
    : [];
}
