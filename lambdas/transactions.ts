import { listAllTransactions } from './api/list-all-transactions.ts';
import { listTransactions, readOneTransaction, readTransactionByKey } from './api/transactions.ts';
import { dynamoClient } from './runtime/clients.ts';
import { opsEnv, readEnv } from './runtime/env.ts';
import { type Family, httpFamily } from './runtime/http.ts';
import { openLedger } from './store/ledger.ts';

const ledger = openLedger(dynamoClient(), readEnv(opsEnv).LEDGER_TABLE);

export const handler = httpFamily({
  'GET /transactions': listTransactions(ledger),
  'GET /transactions/{id}': readOneTransaction(ledger),
  'GET /transactions/by-key/{key}': readTransactionByKey(ledger),
  'GET /admin/transactions': listAllTransactions(ledger),
} satisfies Family<'transactions'>);
