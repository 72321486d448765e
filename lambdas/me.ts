import { readMe } from './api/read-me.ts';
import { currencyCode } from './domain/money.ts';
import { dynamoClient } from './runtime/clients.ts';
import { meEnv, readEnv } from './runtime/env.ts';
import { type Family, httpFamily } from './runtime/http.ts';
import { openLedger } from './store/ledger.ts';

const env = readEnv(meEnv);
const ledger = openLedger(dynamoClient(), env.LEDGER_TABLE);

export const handler = httpFamily({
  'GET /me': readMe({ ledger, now: () => new Date() }, currencyCode.parse(env.DEFAULT_CURRENCY)),
} satisfies Family<'me'>);
