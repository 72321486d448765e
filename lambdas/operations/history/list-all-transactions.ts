import * as z from 'zod';
import { historyQuery, pageQuery } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { endpoint } from '../../http/router.ts';
import { adminTransactionView } from '../../http/views.ts';
import { merchantPk } from '../../ledger/keys.ts';
import {
  type HistoryFilter,
  type HistoryPage,
  history,
  type Page,
  watchedTransactions,
} from '../../ledger/rows/history.ts';
import type { Ledger } from '../../ledger/table.ts';
import { isWatched, STATUSES, type Status } from '../../ledger/transactions.ts';

const form = z.object({
  query: z
    .strictObject({
      ...pageQuery,
      ...historyQuery,
      status: z.enum(STATUSES).optional(),
      merchant: z.string().min(1).max(64).optional(),
    })
    .transform(({ merchant, status, ...rest }, ctx) => {
      if (merchant !== undefined) return { ...rest, by: { merchant, status } };
      if (status !== undefined && isWatched(status)) return { ...rest, by: status };
      // No index holds all transactions of all merchants, and no request may scan for them.
      const path = ['merchant'];
      ctx.addIssue({ code: 'custom', path, message: 'merchant_or_watched_status', input: '' });
      return z.NEVER;
    }),
});

/**
 * GET /admin/transactions?merchant|status: one merchant's, or all merchants' in a status that somebody
 * should look at (LE-2, WA-6).
 */
export const listAllTransactions = (ledger: Ledger) =>
  endpoint('optional', form, ({ query: { limit, cursor, by, ...filter } }, { id: callId }) => {
    const message = { en: 'Transactions, newest first.', fa: 'تراکنش‌ها، تازه‌ترین نخست.' };
    const list = ['all-transactions', by, filter];
    return listPage({ callId, list, page: { limit, cursor }, message }, async (place) => {
      const found = await pageOf(ledger, by, filter, place);
      return { items: found.transactions.map(adminTransactionView), last: found.last };
    });
  });

type By = Status | { readonly merchant: string; readonly status: Status | undefined };

function pageOf(ledger: Ledger, by: By, filter: HistoryFilter, page: Page): Promise<HistoryPage> {
  if (typeof by === 'string') return watchedTransactions(ledger, by, filter, page);
  const statuses = by.status && [by.status];
  return history(ledger, merchantPk(by.merchant), { ...filter, statuses }, page);
}
