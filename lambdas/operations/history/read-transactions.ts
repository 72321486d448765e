import * as z from 'zod';
import { byId, historyQuery, nothing, pageQuery } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { operation } from '../../http/operation.ts';
import { failure, type HttpResponse, success } from '../../http/response.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { history } from '../../ledger/rows/history.ts';
import { readTransactionOf } from '../../ledger/rows/transactions.ts';
import { internalStatuses, PUBLIC_STATUSES, type Transaction } from '../../ledger/transactions.ts';
import { outcomeOf, refusalResponse } from './by-key.ts';
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
  handle: async ({ params }, { id, caller }, { ledger }) => {
    const row = await readTransactionOf(ledger, caller.id, params.id);
    return row === undefined
      ? failure('transaction_not_found', id)
      : transactionResponse(row, caller.id);
  },
});

/**
 * What became of a request whose response was lost: its transaction, or why it was refused. Refuses:
 * transaction_not_found where no request with this key was decided.
 */
export const readTransactionByKey = operation({
  name: 'read-transaction-by-key',
  route: 'GET /transactions/by-key/{key}',
  access: 'merchant',
  grants: ['read-responses'],
  input: ({ operationsByKey }) =>
    z.object({
      params: z.object({ key: z.string().min(1).max(128) }),
      query: z.strictObject({ operation: z.enum(operationsByKey.merchant) }),
    }),
  handle: async ({ params: { key }, query: { operation: name } }, call, context) => {
    const { id, name: caller } = call.caller;
    const outcome = await outcomeOf(context, caller, name, key, merchantPk(id));
    if (outcome.kind === 'accepted') return transactionResponse(outcome.transaction, id);
    if (outcome.kind === 'refused') return refusalResponse(name, outcome.problem);
    return failure('transaction_not_found', call.id);
  },
});

const transactionResponse = (row: Transaction, viewer: string): HttpResponse =>
  success({
    status: 200,
    message: { en: 'The transaction.', fa: 'تراکنش.' },
    data: transactionView(row, viewer),
  });
