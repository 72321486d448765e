import * as z from 'zod';
import { byId, historyQuery, nothing, pageQuery } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { operation } from '../../http/operation.ts';
import { failure, type HttpResponse, success } from '../../http/response.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { merchantPk, transactionId } from '../../ledger/keys.ts';
import { history } from '../../ledger/rows/history.ts';
import { readTransactionOf } from '../../ledger/rows/transactions.ts';
import { internalStatuses, PUBLIC_STATUSES } from '../../ledger/transactions.ts';
import { transactionView } from './view.ts';

const listInput = z.object({
  query: z.strictObject({
    ...pageQuery,
    ...historyQuery,
    status: z.enum(PUBLIC_STATUSES).optional(),
  }),
});

/** Everything that happened to the caller's money and credit, newest first (LE-2, AP-6). */
export const listTransactions = operation({
  name: 'list-transactions',
  route: 'GET /transactions',
  access: 'merchant',
  grants: [{ query: 'byTime' }, { query: 'byRecipient' }],
  input: () => listInput,
  handle: ({ query }, { id: callId, caller: { id } }, { ledger }) => {
    const { limit, cursor, status, ...filter } = query;
    const message = {
      en: 'Your transactions, newest first.',
      fa: 'تراکنش‌های شما، تازه‌ترین نخست.',
    };
    const list = ['transactions', id, status, filter];
    return listPage({ callId, list, page: { limit, cursor }, message }, async (place) => {
      const filtered = { ...filter, statuses: internalStatuses(status) };
      const found = await history(ledger, merchantPk(id), filtered, place);
      return { items: found.transactions.map((row) => transactionView(row, id)), last: found.last };
    });
  },
});

/** A transaction that concerns the caller. Any other is not found, never forbidden. */
export const readTransaction = operation({
  name: 'read-transaction',
  route: 'GET /transactions/{id}',
  access: 'merchant',
  grants: [{ query: 'byId' }],
  input: () => z.object({ params: byId, query: nothing }),
  handle: ({ params }, call, { ledger }) =>
    transactionResponse(ledger, call.caller.id, params.id, call.id),
});

/**
 * The transaction of a request whose response was lost. A refused request has none; sending it again
 * returns the refusal.
 */
export const readTransactionByKey = operation({
  name: 'read-transaction-by-key',
  route: 'GET /transactions/by-key/{key}',
  access: 'merchant',
  grants: [{ query: 'byId' }],
  input: ({ merchantOperations }) =>
    z.object({
      params: z.object({ key: z.string().min(1).max(128) }),
      query: z.strictObject({ operation: z.enum(merchantOperations) }),
    }),
  handle: ({ params: { key }, query: { operation: name } }, call, { ledger }) => {
    const { id, name: caller } = call.caller;
    const txnId = transactionId(caller, merchantPk(id), name, key);
    return transactionResponse(ledger, id, txnId, call.id);
  },
});

async function transactionResponse(
  ledger: LedgerContext,
  merchantId: string,
  txnId: string,
  requestId: string,
): Promise<HttpResponse> {
  const row = await readTransactionOf(ledger, merchantId, txnId);
  if (row === undefined) return failure('transaction_not_found', requestId);
  return success({
    status: 200,
    message: { en: 'The transaction.', fa: 'تراکنش.' },
    data: transactionView(row, merchantId),
  });
}
