import { type Family, httpFamily } from '../http/router.ts';
import { books } from '../ledger/context.ts';
import { currencyCode } from '../ledger/money.ts';
import { createTransfer } from '../operations/transfers/create-transfer.ts';
import { listTransfers } from '../operations/transfers/list-transfers.ts';
import { moneyEnv, readEnv } from '../platform/env.ts';

const env = readEnv(moneyEnv);
const our = books(env);

export const handler = httpFamily({
  'POST /transfers': createTransfer(our, currencyCode.parse(env.DEFAULT_CURRENCY)),
  'GET /transfers': listTransfers(our.ledger),
} satisfies Family<'transfers'>);
