import { type Family, httpFamily } from '../http/router.ts';
import { openLedger } from '../ledger/table.ts';
import { readHealth } from '../operations/health/read-health.ts';
import { dynamoClient } from '../platform/clients.ts';
import { opsEnv, readEnv } from '../platform/env.ts';

const ledger = openLedger(dynamoClient(), readEnv(opsEnv).LEDGER_TABLE);

export const handler = httpFamily({ 'GET /health': readHealth(ledger) } satisfies Family<'health'>);
