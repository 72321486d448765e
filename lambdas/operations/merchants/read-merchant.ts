import * as z from 'zod';
import { byId, nothing } from '../../http/fields.ts';
import { failure, success } from '../../http/response.ts';
import { endpoint } from '../../http/router.ts';
import { merchantBalancesView } from '../../http/views.ts';
import type { Reading } from '../../ledger/context.ts';
import { readMerchantBalances } from '../../ledger/rows/merchants.ts';

/** GET /admin/merchants/{id}: one merchant with all its balances (ID-6). */
export const readMerchantAsAdmin = ({ ledger, now }: Reading) =>
  endpoint('optional', z.object({ params: byId, query: nothing }), async ({ params }, call) => {
    const found = await readMerchantBalances(ledger, params.id, now());
    if (found === undefined) return failure('merchant_not_found', call.id);
    return success({
      status: 200,
      message: { en: 'The merchant and its balances.', fa: 'پذیرنده و موجودی‌های آن.' },
      data: merchantBalancesView(found),
    });
  });
