import { formatAmount } from '../../ledger/money.ts';
import type { TransactionOf } from '../../ledger/transactions.ts';
import type { CreditRequest } from './request-rule.ts';

/** What never changes about a change of a credit limit. */
export const limitChangeView = (row: TransactionOf<'limit_change'>) => ({
  id: row.txnId,
  type: row.type,
  merchant_id: row.merchantId,
  limit: formatAmount(row.amount, row.currency),
  limit_before: formatAmount(row.limitBefore, row.currency),
  currency: row.currency,
  ...(row.creditRequest !== undefined && { credit_request_id: row.creditRequest }),
  created_at: row.createdAt,
});

/** What never changes about a request: the response to it, now or years later. */
export const newCreditRequestView = (row: TransactionOf<'credit_request'>) => ({
  id: row.txnId,
  status: 'OPEN',
  amount: formatAmount(row.amount, row.currency),
  currency: row.currency,
  ...(row.reason !== undefined && { reason: row.reason }),
  created_at: row.createdAt,
});

/** With what became of it. */
export const creditRequestView = ({ currency, limit, ...row }: CreditRequest) => ({
  id: row.id,
  merchant_id: row.merchantId,
  status: row.status,
  amount: formatAmount(row.amount, currency),
  currency,
  ...(row.reason !== undefined && { reason: row.reason }),
  created_at: row.createdAt,
  ...(row.decidedAt !== undefined && { decided_at: row.decidedAt }),
  ...(limit !== undefined && { limit: formatAmount(limit, currency) }),
  ...(row.rejection !== undefined && { rejection: row.rejection }),
});

/** The same for admins, who see who decided. */
export const adminCreditRequestView = (row: CreditRequest) => ({
  ...creditRequestView(row),
  ...(row.decidedBy !== undefined && { decided_by: row.decidedBy }),
});
