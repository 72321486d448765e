import * as z from 'zod';
import { pageQuery } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { endpoint } from '../../http/router.ts';
import { withdrawalView } from '../../http/views.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { history } from '../../ledger/rows/history.ts';
import type { Ledger } from '../../ledger/table.ts';
import { behind, SHOWN_STATUSES } from '../../ledger/transactions.ts';

const form = z.object({
  query: z.strictObject({ ...pageQuery, status: z.enum(SHOWN_STATUSES).optional() }),
});

/** GET /withdrawals?status: the caller's own, newest first (WD-2, WD-3, AP-6). */
export const listWithdrawals = (ledger: Ledger) =>
  endpoint('optional', form, ({ query: { status, ...page } }, { id: callId, caller }) => {
    const message = {
      en: 'Your withdrawals, newest first.',
      fa: 'برداشت‌های شما، تازه‌ترین نخست.',
    };
    const list = ['withdrawals', caller.sub, status];
    return listPage({ callId, list, page, message }, async (place) => {
      const filter = { type: 'withdrawal', statuses: status && behind(status) } as const;
      const found = await history(ledger, merchantPk(caller.sub), filter, place);
      return { items: found.transactions.map(withdrawalView), last: found.last };
    });
  });
