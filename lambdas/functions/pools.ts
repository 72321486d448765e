import { type Family, httpFamily } from '../http/router.ts';
import { books } from '../ledger/context.ts';
import { readPool } from '../operations/pools/read-pool.ts';
import { topUp } from '../operations/pools/top-up-pool.ts';
import { moneyEnv, readEnv } from '../platform/env.ts';

const our = books(readEnv(moneyEnv));

export const handler = httpFamily({
  'POST /admin/pools/{currency}/topups': topUp(our),
  'GET /admin/pools/{currency}': readPool(our.ledger),
} satisfies Family<'pools'>);
