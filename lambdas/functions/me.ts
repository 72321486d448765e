import { type Family, httpFamily } from '../http/router.ts';
import { currencyCode } from '../ledger/money.ts';
import { openLedger } from '../ledger/table.ts';
import { readMe } from '../operations/me/read-me.ts';
import { dynamoClient } from '../platform/clients.ts';
import { meEnv, readEnv } from '../platform/env.ts';

const env = readEnv(meEnv);
const ledger = openLedger(dynamoClient(), env.LEDGER_TABLE);

export const handler = httpFamily({
  'GET /me': readMe({ ledger, now: () => new Date() }, currencyCode.parse(env.DEFAULT_CURRENCY)),
} satisfies Family<'me'>);
