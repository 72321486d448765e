import * as z from 'zod';
import { failure, success } from '../runtime/answer.ts';
import type { Reading } from '../runtime/books.ts';
import { endpoint } from '../runtime/http.ts';
import { readMerchantBalances } from '../store/merchants.ts';
import { byId, nothing } from './fields.ts';
import { merchantBalancesView } from './views.ts';

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
