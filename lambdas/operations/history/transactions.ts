import * as z from 'zod';
import { byId, historyQuery, nothing, pageQuery } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { type Answer, failure, success } from '../../http/response.ts';
import { endpoint } from '../../http/router.ts';
import { transactionView } from '../../http/views.ts';
import { merchantPk, transactionId } from '../../ledger/keys.ts';
import { history } from '../../ledger/rows/history.ts';
import { readTransactionOf } from '../../ledger/rows/transactions.ts';
import type { Ledger } from '../../ledger/table.ts';
import { behind, SHOWN_STATUSES } from '../../ledger/transactions.ts';

const listForm = z.object({
  query: z.strictObject({
    ...pageQuery,
    ...historyQuery,
    status: z.enum(SHOWN_STATUSES).optional(),
  }),
});

/** GET /transactions: all that happened to the caller's money and credit, newest first (LE-2, AP-6). */
export const listTransactions = (ledger: Ledger) =>
  endpoint('optional', listForm, ({ query }, { id: callId, caller: { sub } }) => {
    const { limit, cursor, status, ...filter } = query;
    const message = {
      en: 'Your transactions, newest first.',
      fa: 'تراکنش‌های شما، تازه‌ترین نخست.',
    };
    const list = ['transactions', sub, status, filter];
    return listPage({ callId, list, page: { limit, cursor }, message }, async (place) => {
      const narrowed = { ...filter, statuses: status && behind(status) };
      const found = await history(ledger, merchantPk(sub), narrowed, place);
      return {
        items: found.transactions.map((row) => transactionView(row, sub)),
        last: found.last,
      };
    });
  });

/** GET /transactions/{id}: one that concerns the caller; any other is not found, never forbidden. */
export const readOneTransaction = (ledger: Ledger) =>
  endpoint('optional', z.object({ params: byId, query: nothing }), ({ params }, call) =>
    found(ledger, call.caller.sub, params.id, call.id),
  );

const keyForm = z.object({
  params: z.object({ key: z.string().min(1).max(128) }),
  query: z.strictObject({ operation: z.enum(['withdrawal', 'transfer']) }),
});

/**
 * GET /transactions/by-key/{key}?operation=: what became of a request whose answer was lost. A refused
 * request has no transaction; sending it again tells the refusal.
 */
export const readTransactionByKey = (ledger: Ledger) =>
  endpoint('optional', keyForm, ({ params: { key }, query: { operation } }, call) => {
    const { sub } = call.caller;
    return found(ledger, sub, transactionId(sub, merchantPk(sub), operation, key), call.id);
  });

async function found(
  ledger: Ledger,
  sub: string,
  txnId: string,
  requestId: string,
): Promise<Answer> {
  const row = await readTransactionOf(ledger, sub, txnId);
  if (row === undefined) return failure('transaction_not_found', requestId);
  return success({
    status: 200,
    message: { en: 'The transaction.', fa: 'تراکنش.' },
    data: transactionView(row, sub),
  });
}
