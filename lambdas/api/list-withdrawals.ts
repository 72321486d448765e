import * as z from 'zod';
import { behind, SHOWN_STATUSES } from '../domain/transaction.ts';
import { failure, success } from '../runtime/answer.ts';
import { endpoint } from '../runtime/http.ts';
import { history } from '../store/history.ts';
import { merchantPk } from '../store/keys.ts';
import type { Ledger } from '../store/ledger.ts';
import { cursorAt, placeIn } from './cursor.ts';
import { pageQuery } from './fields.ts';
import { withdrawalView } from './views.ts';

const form = z.object({
  query: z.strictObject({ ...pageQuery, status: z.enum(SHOWN_STATUSES).optional() }),
});

/** GET /withdrawals?status: the caller's own, newest first (WD-2, WD-3, AP-6). */
export const listWithdrawals = (ledger: Ledger) =>
  endpoint('optional', form, async ({ query: { limit, cursor, status } }, call) => {
    const list = JSON.stringify(['withdrawals', call.caller.sub, status]);
    const place = placeIn(list, cursor);
    if (place === 'foreign') return failure('invalid_cursor', call.id);
    const filter = { type: 'withdrawal', statuses: status && behind(status) } as const;
    const page = await history(ledger, merchantPk(call.caller.sub), filter, { ...place, limit });
    return success({
      status: 200,
      message: { en: 'Your withdrawals, newest first.', fa: 'برداشت‌های شما، تازه‌ترین نخست.' },
      data: {
        items: page.transactions.map(withdrawalView),
        next_cursor: cursorAt(list, page.last),
      },
    });
  });
