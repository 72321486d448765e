import * as z from 'zod';
import { failure, success } from '../runtime/answer.ts';
import { endpoint } from '../runtime/http.ts';
import { history } from '../store/history.ts';
import { merchantPk } from '../store/keys.ts';
import type { Ledger } from '../store/ledger.ts';
import { cursorAt, placeIn } from './cursor.ts';
import { pageQuery } from './fields.ts';
import { withdrawalView } from './views.ts';

/** GET /withdrawals: the caller's own, newest first (WD-3, AP-6). */
export const listWithdrawals = (ledger: Ledger) =>
  endpoint('optional', z.object({ query: z.strictObject(pageQuery) }), async ({ query }, call) => {
    const list = `withdrawals|${call.caller.sub}`;
    const place = placeIn(list, query.cursor);
    if (place === 'foreign') return failure('invalid_cursor', call.id);
    const pk = merchantPk(call.caller.sub);
    const page = await history(
      ledger,
      pk,
      { type: 'withdrawal' },
      { ...place, limit: query.limit },
    );
    return success({
      status: 200,
      message: { en: 'Your withdrawals, newest first.', fa: 'برداشت‌های شما، تازه‌ترین نخست.' },
      data: {
        items: page.transactions.map(withdrawalView),
        next_cursor: cursorAt(list, page.last),
      },
    });
  });
