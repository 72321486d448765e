import { cancelWithdrawal } from './api/cancel-withdrawal.ts';
import { createWithdrawal } from './api/create-withdrawal.ts';
import { listWithdrawals } from './api/list-withdrawals.ts';
import { readWithdrawal } from './api/read-withdrawal.ts';
import { currencyCode } from './domain/money.ts';
import { books } from './runtime/books.ts';
import { moneyEnv, readEnv } from './runtime/env.ts';
import { type Family, httpFamily } from './runtime/http.ts';

const env = readEnv(moneyEnv);
const our = books(env);

export const handler = httpFamily({
  'POST /withdrawals': createWithdrawal(our, currencyCode.parse(env.DEFAULT_CURRENCY)),
  'GET /withdrawals': listWithdrawals(our.ledger),
  'GET /withdrawals/{id}': readWithdrawal(our.ledger),
  'DELETE /withdrawals/{id}': cancelWithdrawal(our),
} satisfies Family<'withdrawals'>);
