import * as z from 'zod';
import { listPage } from '../../http/list-page.ts';
import { operation } from '../../http/operation.ts';
import { filterOf, inOrder, transactionQuery } from '../../http/transaction-query.ts';
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
import { statusAt } from '../../ledger/shown-status.ts';
import {
  needsAttention,
  STATUSES,
  type Status,
  TRANSACTION_TYPES,
  type Transaction,
} from '../../ledger/transactions.ts';
import { adminTransactionView } from './view.ts';

const input = z.object({
  query: z
    .strictObject({
      ...transactionQuery,
      type: z.enum(TRANSACTION_TYPES).optional(),
      status: z.enum(STATUSES).optional(),
      merchant: merchantId.optional(),
    })
    .superRefine(inOrder)
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
  handle: ({ query }, { id: callId }, { ledger }) => {
    const { limit, cursor, by, ...filters } = query;
    const message = { en: 'Transactions, newest first.', fa: 'تراکنش‌ها، تازه‌ترین نخست.' };
    const list = ['all-transactions', by, filters];
    return listPage({ callId, list, page: { limit, cursor }, message }, async (place) => {
      const filter = { ...filterOf(query), type: query.type };
      const now = ledger.now();
      const found = await pageOf(ledger, by, filter, place, now);
      const items = found.transactions.map((row) => adminTransactionView(row, now));
      return { items, last: found.last };
    });
  },
});

type By = Status | { readonly merchant: string; readonly status: Status | undefined };

function pageOf(
  ledger: LedgerContext,
  by: By,
  filter: HistoryFilter,
  page: Page,
  now: Date,
): Promise<HistoryPage> {
  if (typeof by === 'string') return transactionsInStatus(ledger, by, filter, page);
  const { merchant, status } = by;
  const fits = (row: Transaction) => [undefined, statusAt(row, now)].includes(status);
  return history(ledger, merchantPk(merchant), { ...filter, fits }, page);
}
