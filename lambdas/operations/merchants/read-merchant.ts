import * as z from 'zod';
import { byMerchantId, nothing } from '../../http/fields.ts';
import { operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import { readMarker } from '../../ledger/busy/marker.ts';
import { readMerchantBalances } from '../../ledger/rows/merchants.ts';
import { merchantBalancesView, termsTag } from './view.ts';

/**
 * One merchant with all its balances (ID-6), and when its requests were last decided in groups (OP-3).
 * Refuses: merchant_not_found.
 */
export const readMerchantAsAdmin = operation({
  name: 'read-merchant',
  route: 'GET /admin/merchants/{id}',
  access: 'admin',
  input: () => z.object({ params: byMerchantId, query: nothing }),
  handle: async ({ params }, call, { ledger, responses }) => {
    const [found, busy] = await Promise.all([
      readMerchantBalances(ledger, params.id),
      readMarker(responses, params.id),
    ]);
    if (found === undefined) return failure('merchant_not_found', call.id);
    return success({
      status: 200,
      message: { en: 'The merchant and its balances.', fa: 'پذیرنده و موجودی‌های آن.' },
      headers: termsTag(found.merchant),
      data: { ...merchantBalancesView(found, ledger.now()), last_busy_at: busy?.markedAt ?? null },
    });
  },
});
