import type { Group } from '../../http/operation.ts';
import { listAllTransactions } from './list-all-transactions.ts';
import { readAnyTransaction } from './read-any-transaction.ts';
import { readOwnTransactionByKey } from './read-own-by-key.ts';
import { listTransactions, readTransaction, readTransactionByKey } from './read-transactions.ts';

export const history = {
  name: 'history',
  impact: 'Merchants and admins cannot look up transactions. Money is not affected.',
  operations: [
    listTransactions,
    readTransaction,
    readTransactionByKey,
    listAllTransactions,
    readAnyTransaction,
    readOwnTransactionByKey,
  ],
} satisfies Group;
