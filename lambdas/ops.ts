import { readHealth } from './api/read-health.ts';
import { dynamoClient } from './runtime/clients.ts';
import { opsEnv, readEnv } from './runtime/env.ts';
import { type Family, httpFamily } from './runtime/http.ts';
import { openLedger } from './store/ledger.ts';

const ledger = openLedger(dynamoClient(), readEnv(opsEnv).LEDGER_TABLE);

export const handler = httpFamily({ 'GET /health': readHealth(ledger) } satisfies Family<'ops'>);
