import * as z from 'zod';
import { behind, SHOWN_STATUSES } from '../domain/transaction.ts';
import { endpoint } from '../runtime/http.ts';
import { history } from '../store/history.ts';
import { merchantPk } from '../store/keys.ts';
import type { Ledger } from '../store/ledger.ts';
import { pageQuery } from './fields.ts';
import { listPage } from './list-page.ts';
import { withdrawalView } from './views.ts';

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
