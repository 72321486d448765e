import * as z from 'zod';
import { byId, nothing } from '../../http/fields.ts';
import { operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { readTransaction } from '../../ledger/rows/transactions.ts';
import { transactionView } from '../history/view.ts';

/** One of the caller's own sales. Another merchant's is not found, never forbidden. */
export const readSale = operation({
  name: 'read-sale',
  route: 'GET /sales/{id}',
  access: 'merchant',
  input: () => z.object({ params: byId, query: nothing }),
  handle: async ({ params }, call, { ledger }) => {
    const row = await readTransaction(ledger, merchantPk(call.caller.id), params.id);
    if (row?.type !== 'sale') return failure('sale_not_found', call.id);
    return success({
      status: 200,
      message: { en: 'The sale.', fa: 'فروش.' },
      data: transactionView(row, call.caller.id, ledger.now()),
    });
  },
});
