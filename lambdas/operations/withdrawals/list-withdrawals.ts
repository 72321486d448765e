import { nothing } from '../../http/fields.ts';
import { listOf } from '../history/list.ts';

/** The caller's own withdrawals (WD-2, WD-3). */
export const listWithdrawals = listOf({
  name: 'list-withdrawals',
  route: 'GET /withdrawals',
  message: { en: 'Your withdrawals, newest first.', fa: 'برداشت‌های شما، تازه‌ترین نخست.' },
  more: nothing,
  only: () => ({ type: 'withdrawal' }),
});
