import { formatAmount } from '../../ledger/money.ts';
import { publicStatus, type Sale } from '../../ledger/transactions.ts';
import { statusHistory } from '../history/status-history.ts';

/** What never changes about a sale: the response to its request, now or years later. */
export const acceptedSaleView = (row: Sale) => ({
  id: row.txnId,
  type: row.type,
  status: 'PENDING',
  phone_number: row.payout.destination,
  amount: formatAmount(row.amount, row.currency),
  currency: row.currency,
  balance_before: formatAmount(row.balanceBefore, row.currency),
  balance_after: formatAmount(row.balanceBefore - row.amount, row.currency),
  created_at: row.createdAt,
});

export const saleView = (row: Sale) => ({
  ...acceptedSaleView(row),
  status: publicStatus(row.status),
  operator_reference: row.payout.reference ?? null,
  failure: row.payout.failure ?? null,
  history: statusHistory(row),
});
