import { oneOf } from '../history/read-one.ts';

/** One of the caller's own withdrawals. */
export const readWithdrawal = oneOf({
  name: 'read-withdrawal',
  route: 'GET /withdrawals/{id}',
  type: 'withdrawal',
  notFound: 'withdrawal_not_found',
  message: { en: 'The withdrawal.', fa: 'برداشت.' },
});
