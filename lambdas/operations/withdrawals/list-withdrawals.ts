import * as z from 'zod';
import { pageQuery } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { operation } from '../../http/operation.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { history } from '../../ledger/rows/history.ts';
import { internalStatuses, PUBLIC_STATUSES } from '../../ledger/transactions.ts';
import { transactionView } from '../history/view.ts';

const input = z.object({
  query: z.strictObject({ ...pageQuery, status: z.enum(PUBLIC_STATUSES).optional() }),
});

/** The caller's own withdrawals, newest first (WD-2, WD-3, AP-6). */
export const listWithdrawals = operation({
  name: 'list-withdrawals',
  route: 'GET /withdrawals',
  access: 'merchant',
  grants: [{ query: 'byTime' }, { query: 'byRecipient' }],
  input: () => input,
  handle: ({ query: { status, ...page } }, { id: callId, caller: { id } }, { ledger }) => {
    const message = {
      en: 'Your withdrawals, newest first.',
      fa: 'برداشت‌های شما، تازه‌ترین نخست.',
    };
    const list = ['withdrawals', id, status];
    return listPage({ callId, list, page, message }, async (place) => {
      const filter = { type: 'withdrawal', statuses: internalStatuses(status) } as const;
      const found = await history(ledger, merchantPk(id), filter, place);
      return { items: found.transactions.map((row) => transactionView(row, id)), last: found.last };
    });
  },
});
