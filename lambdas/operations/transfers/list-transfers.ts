import * as z from 'zod';
import { pageQuery } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { operation } from '../../http/operation.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { currencyCode } from '../../ledger/money.ts';
import { history } from '../../ledger/rows/history.ts';
import { transactionView } from '../history/view.ts';

const party = z.string().min(1).max(64).toLowerCase().optional();
const input = z.object({
  query: z.strictObject({
    ...pageQuery,
    from: party,
    to: party,
    currency: currencyCode.optional(),
  }),
});

/** The transfers that the caller paid or received, newest first (WA-6, AP-6). */
export const listTransfers = operation({
  name: 'list-transfers',
  route: 'GET /transfers',
  access: 'merchant',
  grants: [{ query: 'byTime' }, { query: 'byRecipient' }],
  input: () => input,
  handle: ({ query }, { id: callId, caller: { id } }, { ledger }) => {
    const { from: payer, to: payee, currency, ...page } = query;
    const message = { en: 'Your transfers, newest first.', fa: 'انتقال‌های شما، تازه‌ترین نخست.' };
    const list = ['transfers', id, payer, payee, currency];
    return listPage({ callId, list, page, message }, async (place) => {
      const filter = { type: 'transfer', payer, payee, currency } as const;
      const found = await history(ledger, merchantPk(id), filter, place);
      return { items: found.transactions.map((row) => transactionView(row, id)), last: found.last };
    });
  },
});
