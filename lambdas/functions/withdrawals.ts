import { type Family, httpFamily } from '../http/router.ts';
import { books } from '../ledger/context.ts';
import { currencyCode } from '../ledger/money.ts';
import { cancelWithdrawal } from '../operations/withdrawals/cancel-withdrawal.ts';
import { createWithdrawal } from '../operations/withdrawals/create-withdrawal.ts';
import { listWithdrawals } from '../operations/withdrawals/list-withdrawals.ts';
import { readWithdrawal } from '../operations/withdrawals/read-withdrawal.ts';
import { moneyEnv, readEnv } from '../platform/env.ts';

const env = readEnv(moneyEnv);
const our = books(env);

export const handler = httpFamily({
  'POST /withdrawals': createWithdrawal(our, currencyCode.parse(env.DEFAULT_CURRENCY)),
  'GET /withdrawals': listWithdrawals(our.ledger),
  'GET /withdrawals/{id}': readWithdrawal(our.ledger),
  'DELETE /withdrawals/{id}': cancelWithdrawal(our),
} satisfies Family<'withdrawals'>);
