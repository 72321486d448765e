import * as z from 'zod';
import { failure, success } from '../runtime/answer.ts';
import { endpoint } from '../runtime/http.ts';
import { merchantPk } from '../store/keys.ts';
import type { Ledger } from '../store/ledger.ts';
import { readTransaction } from '../store/transactions.ts';
import { byId, nothing } from './fields.ts';
import { withdrawalView } from './views.ts';

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
