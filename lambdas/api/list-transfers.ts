import * as z from 'zod';
import { currencyCode } from '../domain/money.ts';
import { endpoint } from '../runtime/http.ts';
import { history } from '../store/history.ts';
import { merchantPk } from '../store/keys.ts';
import type { Ledger } from '../store/ledger.ts';
import { pageQuery } from './fields.ts';
import { listPage } from './list-page.ts';
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
  endpoint('optional', form, ({ query }, { id: callId, caller: { sub } }) => {
    const { from: payer, to: payee, currency, ...page } = query;
    const message = { en: 'Your transfers, newest first.', fa: 'انتقال‌های شما، تازه‌ترین نخست.' };
    const list = ['transfers', sub, payer, payee, currency];
    return listPage({ callId, list, page, message }, async (place) => {
      const filter = { type: 'transfer', payer, payee, currency } as const;
      const found = await history(ledger, merchantPk(sub), filter, place);
      return { items: found.transactions.map((row) => transferView(row, sub)), last: found.last };
    });
  });
