import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { failure, success } from '../../http/response.ts';
import { endpoint } from '../../http/router.ts';
import { merchantBalancesView } from '../../http/views.ts';
import type { Reading } from '../../ledger/context.ts';
import type { Currency } from '../../ledger/money.ts';
import { readMerchantBalances } from '../../ledger/rows/merchants.ts';

/** GET /me: the caller's profile, status and balances, in any status (ID-4). */
export const readMe = ({ ledger, now }: Reading, defaultCurrency: Currency) =>
  endpoint('optional', z.object({ query: nothing }), async (_form, call) => {
    const found = await readMerchantBalances(ledger, call.caller.sub, now());
    if (found === undefined) return failure('not_a_merchant', call.id);
    return success({
      status: 200,
      message: { en: 'Your profile and balances.', fa: 'نمایه و موجودی‌های شما.' },
      data: { ...merchantBalancesView(found), default_currency: defaultCurrency },
    });
  });
