import { createTransfer } from './api/create-transfer.ts';
import { listTransfers } from './api/list-transfers.ts';
import { currencyCode } from './domain/money.ts';
import { books } from './runtime/books.ts';
import { moneyEnv, readEnv } from './runtime/env.ts';
import { type Family, httpFamily } from './runtime/http.ts';

const env = readEnv(moneyEnv);
const our = books(env);

export const handler = httpFamily({
  'POST /transfers': createTransfer(our, currencyCode.parse(env.DEFAULT_CURRENCY)),
  'GET /transfers': listTransfers(our.ledger),
} satisfies Family<'transfers'>);
