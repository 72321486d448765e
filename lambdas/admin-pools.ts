import { readPool } from './api/read-pool.ts';
import { topUp } from './api/top-up-pool.ts';
import { books } from './runtime/books.ts';
import { moneyEnv, readEnv } from './runtime/env.ts';
import { type Family, httpFamily } from './runtime/http.ts';

const our = books(readEnv(moneyEnv));

export const handler = httpFamily({
  'POST /admin/pools/{currency}/topups': topUp(our),
  'GET /admin/pools/{currency}': readPool(our.ledger),
} satisfies Family<'admin-pools'>);
