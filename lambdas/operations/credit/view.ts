import { formatAmount } from '../../ledger/money.ts';
import type { TransactionOf } from '../../ledger/transactions.ts';

/** What never changes about a change of a credit limit. */
export const limitChangeView = (row: TransactionOf<'limit_change'>) => ({
  id: row.txnId,
  type: row.type,
  merchant_id: row.merchantId,
  limit: formatAmount(row.amount, row.currency),
  limit_before: formatAmount(row.limitBefore, row.currency),
  currency: row.currency,
  created_at: row.createdAt,
});
