import { formatAmount } from '../../ledger/money.ts';
import { publicStatus, type Withdrawal } from '../../ledger/transactions.ts';
import { statusHistory } from '../history/status-history.ts';

/** What never changes about a withdrawal: the response to its request, now or years later. */
export const acceptedWithdrawalView = (row: Withdrawal) => ({
  id: row.txnId,
  type: row.type,
  status: row.executeAt === undefined ? 'PENDING' : 'SCHEDULED',
  amount: formatAmount(row.amount, row.currency),
  currency: row.currency,
  source: row.source,
  bank_account: row.payout.destination,
  created_at: row.createdAt,
  ...(row.executeAt !== undefined && { execute_at: row.executeAt }),
});

export const withdrawalView = (row: Withdrawal) => ({
  ...acceptedWithdrawalView(row),
  status: publicStatus(row.status),
  bank_reference: row.payout.reference ?? null,
  failure: row.payout.failure ?? null,
  history: statusHistory(row),
});
