import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import { readMerchantBalances } from '../../ledger/rows/merchants.ts';
import { merchantBalancesView } from '../merchants/view.ts';

/** The caller's profile, status and balances, in any status (ID-4). Refuses: not_a_merchant. */
export const readMe = operation({
  name: 'read-me',
  route: 'GET /me',
  access: 'merchant',
  input: () => z.object({ query: nothing }),
  handle: async (_input, call, { ledger, settings }) => {
    const found = await readMerchantBalances(ledger, call.caller.id);
    if (found === undefined) return failure('not_a_merchant', call.id);
    return success({
      status: 200,
      message: { en: 'Your profile and balances.', fa: 'نمایه و موجودی‌های شما.' },
      data: { ...merchantBalancesView(found, ledger.now()), default_currency: settings.currency },
    });
  },
});
