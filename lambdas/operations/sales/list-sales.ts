import * as z from 'zod';
import { listOf } from '../history/list.ts';
import { phoneNumber } from './phone-number.ts';

/** The caller's own sales, also those of one number (SA-1). */
export const listSales = listOf({
  name: 'list-sales',
  route: 'GET /sales',
  message: { en: 'Your sales, newest first.', fa: 'فروش‌های شما، تازه‌ترین نخست.' },
  more: z.strictObject({ phone_number: phoneNumber.optional() }),
  only: ({ phone_number: number }) => ({
    type: 'sale',
    fits: (row) => row.type === 'sale' && [undefined, row.payout.destination].includes(number),
  }),
});
