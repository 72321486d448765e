import * as z from 'zod';
import { byId, noBody, nothing } from '../../http/fields.ts';
import { failure, success } from '../../http/response.ts';
import { endpoint } from '../../http/router.ts';
import { withdrawalView } from '../../http/views.ts';
import { commit } from '../../ledger/commit.ts';
import type { Reading } from '../../ledger/context.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { moveTransaction, readTransaction } from '../../ledger/rows/transactions.ts';
import { log } from '../../platform/logger.ts';
import { undecided, untilDecided } from '../../platform/retry.ts';

/**
 * DELETE /withdrawals/{id}: cancels one that is still scheduled (WD-2). It moves no money, so it needs no
 * key: cancelling again finds it cancelled. Against its firing, the row's own condition lets one win.
 * Refuses: withdrawal_not_found, withdrawal_not_cancellable.
 */
export const cancelWithdrawal = ({ ledger, now }: Reading) =>
  endpoint(
    'optional',
    z.object({ params: byId, query: nothing, body: noBody }),
    async ({ params }, call) => {
      const pk = merchantPk(call.caller.sub);
      const result = await untilDecided(async () => {
        const row = await readTransaction(ledger, pk, params.id);
        if (row?.status !== 'SCHEDULED') return { kind: 'found' as const, row };
        const at = now().toISOString();
        const write = moveTransaction(ledger, row, 'cancel', at, { due: null }, 'fact');
        // Whatever came of it, the row itself says so.
        return undecided((await commit(ledger.dynamo, [write])).kind);
      });
      if (result.kind === 'undecided') return failure('busy', call.id);
      const { row } = result;
      if (row?.type !== 'withdrawal') return failure('withdrawal_not_found', call.id);
      if (row.status !== 'CANCELLED') return failure('withdrawal_not_cancellable', call.id);
      log('money', 'WITHDRAWAL_CANCELLED', { request_id: call.id, txn: row.txnId });
      return success({
        status: 200,
        message: { en: 'The withdrawal is cancelled.', fa: 'برداشت لغو شد.' },
        data: withdrawalView(row),
      });
    },
  );
