import { nothing } from '../../http/fields.ts';
import { listOf } from '../history/list.ts';

/** The transfers that the caller paid or received (WA-6). */
export const listTransfers = listOf({
  name: 'list-transfers',
  route: 'GET /transfers',
  message: { en: 'Your transfers, newest first.', fa: 'انتقال‌های شما، تازه‌ترین نخست.' },
  more: nothing,
  only: () => ({ type: 'transfer' }),
});
