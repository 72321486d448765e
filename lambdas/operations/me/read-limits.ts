import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { spendingView } from './view.ts';

/** What the caller may spend and has spent, in any status (CR-5). Refuses: not_a_merchant. */
export const readLimits = operation({
  name: 'read-limits',
  route: 'GET /me/limits',
  access: 'merchant',
  input: () => z.object({ query: nothing }),
  handle: async (_input, call, { ledger }) => {
    const merchant = await readMerchant(ledger, call.caller.id);
    if (merchant === undefined) return failure('not_a_merchant', call.id);
    return success({
      status: 200,
      message: { en: 'Your limits, and what is used.', fa: 'سقف‌های شما و مقدار مصرف‌شده.' },
      data: spendingView(merchant, ledger.now()),
    });
  },
});
