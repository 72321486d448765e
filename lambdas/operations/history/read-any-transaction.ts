import * as z from 'zod';
import { byId, nothing } from '../../http/fields.ts';
import { operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import { findTransaction } from '../../ledger/rows/transactions.ts';
import { adminTransactionView } from './view.ts';

/** Any transaction, of any merchant or pool, by its id (LE-2). Refuses: transaction_not_found. */
export const readAnyTransaction = operation({
  name: 'read-any-transaction',
  route: 'GET /admin/transactions/{id}',
  access: 'admin',
  grants: [{ query: 'byId' }],
  input: () => z.object({ params: byId, query: nothing }),
  handle: async ({ params: { id } }, call, { ledger }) => {
    const row = await findTransaction(ledger, id);
    if (row === undefined) return failure('transaction_not_found', call.id);
    return success({
      status: 200,
      message: { en: 'The transaction.', fa: 'تراکنش.' },
      data: adminTransactionView(row, ledger.now()),
    });
  },
});
