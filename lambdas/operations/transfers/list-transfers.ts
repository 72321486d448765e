import * as z from 'zod';
import { pageQuery } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { endpoint } from '../../http/router.ts';
import { transferView } from '../../http/views.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { currencyCode } from '../../ledger/money.ts';
import { history } from '../../ledger/rows/history.ts';
import type { Ledger } from '../../ledger/table.ts';

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
