import * as z from 'zod';
import type { Currency } from '../domain/money.ts';
import { failure, success } from '../runtime/answer.ts';
import type { Reading } from '../runtime/books.ts';
import { endpoint } from '../runtime/http.ts';
import { readMerchantBalances } from '../store/merchants.ts';
import { nothing } from './fields.ts';
import { merchantBalancesView } from './views.ts';

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
