import * as z from 'zod';
import { MERCHANT_STATUSES, type Merchant } from '../domain/merchant.ts';
import { failure, success } from '../runtime/answer.ts';
import type { Reading } from '../runtime/books.ts';
import { endpoint } from '../runtime/http.ts';
import type { Ledger } from '../store/ledger.ts';
import { findByName, listMerchants, readMerchantBalances } from '../store/merchants.ts';
import { cursorAt, placeIn } from './cursor.ts';
import { pageQuery, username } from './fields.ts';
import { merchantBalancesView } from './views.ts';

const query = z.strictObject({
  ...pageQuery,
  status: z.enum(MERCHANT_STATUSES).optional(),
  name: username.optional(),
});

/** GET /admin/merchants?status&name: newest first (ID-6). A name is unique, so it finds one or none. */
export const listMerchantsAsAdmin = ({ ledger, now }: Reading) =>
  endpoint(
    'optional',
    z.object({ query }),
    async ({ query: { status, name, limit, cursor } }, call) => {
      const list = `merchants|${status ?? ''}|${name ?? ''}`;
      const place = placeIn(list, cursor);
      if (place === 'foreign') return failure('invalid_cursor', call.id);
      const page =
        name === undefined
          ? await listMerchants(ledger, status, place.before, limit)
          : { merchants: await named(ledger, name, status), last: undefined };
      return success({
        status: 200,
        message: { en: 'Merchants, newest first.', fa: 'پذیرندگان، تازه‌ترین نخست.' },
        data: {
          items: await withBalances(ledger, page.merchants, now()),
          next_cursor: cursorAt(list, page.last),
        },
      });
    },
  );

async function named(ledger: Ledger, name: string, status: string | undefined) {
  const merchant = await findByName(ledger, name);
  return merchant !== undefined && (status ?? merchant.status) === merchant.status
    ? [merchant]
    : [];
}

async function withBalances(ledger: Ledger, merchants: readonly Merchant[], now: Date) {
  const found = await Promise.all(merchants.map(({ id }) => readMerchantBalances(ledger, id)));
  return found.filter((each) => each !== undefined).map((each) => merchantBalancesView(each, now));
}
