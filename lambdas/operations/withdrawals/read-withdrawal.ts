import * as z from 'zod';
import { byId, nothing } from '../../http/fields.ts';
import { failure, success } from '../../http/response.ts';
import { endpoint } from '../../http/router.ts';
import { withdrawalView } from '../../http/views.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { readTransaction } from '../../ledger/rows/transactions.ts';
import type { Ledger } from '../../ledger/table.ts';

/** GET /withdrawals/{id}: one of the caller's own; another merchant's is not found, never forbidden. */
export const readWithdrawal = (ledger: Ledger) =>
  endpoint('optional', z.object({ params: byId, query: nothing }), async ({ params }, call) => {
    const row = await readTransaction(ledger, merchantPk(call.caller.sub), params.id);
    if (row?.type !== 'withdrawal') return failure('withdrawal_not_found', call.id);
    return success({
      status: 200,
      message: { en: 'The withdrawal.', fa: 'برداشت.' },
      data: withdrawalView(row),
    });
  });
