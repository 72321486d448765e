import * as z from 'zod';
import { byId, nothing } from '../../http/fields.ts';
import { operation } from '../../http/operation.ts';
import { failure, type HttpResponse, success } from '../../http/response.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { readTransactionOf } from '../../ledger/rows/transactions.ts';
import { TRANSACTION_TYPES, type Transaction } from '../../ledger/transactions.ts';
import { outcomeOf, refusalResponse } from './by-key.ts';
import { listOf } from './list.ts';
import { transactionView } from './view.ts';

/** Everything that happened to the caller's money and credit (LE-2). */
export const listTransactions = listOf({
  name: 'list-transactions',
  route: 'GET /transactions',
  message: { en: 'Your transactions, newest first.', fa: 'تراکنش‌های شما، تازه‌ترین نخست.' },
  more: z.strictObject({ type: z.enum(TRANSACTION_TYPES).optional() }),
  only: ({ type }) => ({ type }),
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
      : transactionResponse(row, caller.id, ledger.now());
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
    if (outcome.kind === 'accepted')
      return transactionResponse(outcome.transaction, id, context.ledger.now());
    if (outcome.kind === 'refused') return refusalResponse(name, outcome.problem);
    return failure('transaction_not_found', call.id);
  },
});

const transactionResponse = (row: Transaction, viewer: string, now: Date): HttpResponse =>
  success({
    status: 200,
    message: { en: 'The transaction.', fa: 'تراکنش.' },
    data: transactionView(row, viewer, now),
  });
