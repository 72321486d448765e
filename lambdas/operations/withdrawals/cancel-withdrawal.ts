import * as z from 'zod';
import { changeOperation } from '../../http/change-operation.ts';
import { byId, noBody, nothing } from '../../http/fields.ts';
import { refused } from '../../ledger/decision.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { spenderOf } from '../../ledger/merchant.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { readTransaction, transition } from '../../ledger/rows/transactions.ts';
import { TRANSITIONS } from '../../payouts/transitions.ts';
import { transactionView } from '../history/view.ts';

const input = z.object({ params: byId, query: nothing, body: noBody });

/**
 * Cancels a withdrawal that is still scheduled (WD-2). It moves no money, so it needs no key: cancelling
 * again returns it cancelled. Against its execution, the condition on the row lets one of the two win.
 * Refuses: merchant_suspended, merchant_archived, withdrawal_not_found, withdrawal_not_cancellable.
 */
export const cancelWithdrawal = changeOperation({
  name: 'cancel-withdrawal',
  route: 'DELETE /withdrawals/{id}',
  access: 'merchant',
  input,
  read: async (ledger, { params }, caller) => {
    const [merchant, row] = await Promise.all([
      readMerchant(ledger, caller.id),
      readTransaction(ledger, merchantPk(caller.id), params.id),
    ]);
    return { merchant, row: row?.type === 'withdrawal' ? row : undefined };
  },
  decide: ({ merchant, row }, _input, now) => {
    const spender = spenderOf(merchant);
    if ('kind' in spender) return spender;
    if (row === undefined) return refused('withdrawal_not_found');
    if (row.status === 'CANCELLED') return { kind: 'done' };
    if (row.status !== 'SCHEDULED') return refused('withdrawal_not_cancellable');
    const options = { at: now.toISOString(), requireLease: false };
    return {
      kind: 'accepted',
      changes: [transition(row, TRANSITIONS.cancel, { nextCheckAt: null }, options)],
    };
  },
  isDone: ({ row }) => row?.status === 'CANCELLED',
  respond: ({ row }, ledger) => ({
    status: 200,
    message: { en: 'The withdrawal is cancelled.', fa: 'برداشت لغو شد.' },
    data: row && transactionView(row, row.merchantId, ledger.now()),
  }),
  logged: {
    kind: 'money',
    code: 'WITHDRAWAL_CANCELLED',
    fields: ({ row }) => ({ txn: row?.txnId }),
  },
});
