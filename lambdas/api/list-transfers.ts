import * as z from 'zod';
import { currencyCode } from '../domain/money.ts';
import { failure, success } from '../runtime/answer.ts';
import { endpoint } from '../runtime/http.ts';
import { history } from '../store/history.ts';
import { merchantPk } from '../store/keys.ts';
import type { Ledger } from '../store/ledger.ts';
import { cursorAt, placeIn } from './cursor.ts';
import { pageQuery } from './fields.ts';
import { transferView } from './views.ts';

const party = z.string().min(1).max(64).toLowerCase().optional();
const form = z.object({
  query: z.strictObject({
    ...pageQuery,
    from: party,
    to: party,
    currency: currencyCode.optional(),
  }),
});

/** GET /transfers?from&to&currency: those the caller paid or was paid, newest first (WA-6, AP-6). */
export const listTransfers = (ledger: Ledger) =>
  endpoint('optional', form, async ({ query }, call) => {
    const { limit, cursor, from: payer, to: payee, currency } = query;
    const { sub } = call.caller;
    const list = JSON.stringify(['transfers', sub, payer, payee, currency]);
    const place = placeIn(list, cursor);
    if (place === 'foreign') return failure('invalid_cursor', call.id);
    const filter = { type: 'transfer', payer, payee, currency } as const;
    const page = await history(ledger, merchantPk(sub), filter, { ...place, limit });
    return success({
      status: 200,
      message: { en: 'Your transfers, newest first.', fa: 'انتقال‌های شما، تازه‌ترین نخست.' },
      data: {
        items: page.transactions.map((row) => transferView(row, sub)),
        next_cursor: cursorAt(list, page.last),
      },
    });
  });
