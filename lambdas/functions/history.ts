import { type Family, httpFamily } from '../http/router.ts';
import { openLedger } from '../ledger/table.ts';
import { listAllTransactions } from '../operations/history/list-all-transactions.ts';
import {
  listTransactions,
  readOneTransaction,
  readTransactionByKey,
} from '../operations/history/transactions.ts';
import { dynamoClient } from '../platform/clients.ts';
import { opsEnv, readEnv } from '../platform/env.ts';

const ledger = openLedger(dynamoClient(), readEnv(opsEnv).LEDGER_TABLE);

export const handler = httpFamily({
  'GET /transactions': listTransactions(ledger),
  'GET /transactions/{id}': readOneTransaction(ledger),
  'GET /transactions/by-key/{key}': readTransactionByKey(ledger),
  'GET /admin/transactions': listAllTransactions(ledger),
} satisfies Family<'history'>);
