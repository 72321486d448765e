import * as z from 'zod';
import { historyQuery, pageQuery } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { operation } from '../../http/operation.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { merchantId } from '../../ledger/merchant-id.ts';
import {
  type HistoryFilter,
  type HistoryPage,
  history,
  type Page,
  transactionsInStatus,
} from '../../ledger/rows/history.ts';
import { needsAttention, STATUSES, type Status } from '../../ledger/transactions.ts';
import { adminTransactionView } from './view.ts';

const input = z.object({
  query: z
    .strictObject({
      ...pageQuery,
      ...historyQuery,
      status: z.enum(STATUSES).optional(),
      merchant: merchantId.optional(),
    })
    .transform(({ merchant, status, ...rest }, ctx) => {
      if (merchant !== undefined) return { ...rest, by: { merchant, status } };
      if (status !== undefined && needsAttention(status)) return { ...rest, by: status };
      // No index holds all transactions of all merchants, and no request may scan.
      const path = ['merchant'];
      ctx.addIssue({ code: 'custom', path, message: 'merchant_or_status_needed', input: '' });
      return z.NEVER;
    }),
});

/** One merchant's transactions, or all merchants' in a status that needs attention (LE-2, WA-6). */
export const listAllTransactions = operation({
  name: 'list-all-transactions',
  route: 'GET /admin/transactions',
  access: 'admin',
  grants: [{ query: 'byTime' }, { query: 'byRecipient' }, { query: 'byStatus' }],
  input: () => input,
  handle: ({ query: { limit, cursor, by, ...filter } }, { id: callId }, { ledger }) => {
    const message = { en: 'Transactions, newest first.', fa: 'تراکنش‌ها، تازه‌ترین نخست.' };
    const list = ['all-transactions', by, filter];
    return listPage({ callId, list, page: { limit, cursor }, message }, async (place) => {
      const found = await pageOf(ledger, by, filter, place);
      return { items: found.transactions.map(adminTransactionView), last: found.last };
    });
  },
});

type By = Status | { readonly merchant: string; readonly status: Status | undefined };

function pageOf(
  ledger: LedgerContext,
  by: By,
  filter: HistoryFilter,
  page: Page,
): Promise<HistoryPage> {
  if (typeof by === 'string') return transactionsInStatus(ledger, by, filter, page);
  const statuses = by.status && [by.status];
  return history(ledger, merchantPk(by.merchant), { ...filter, statuses }, page);
}
