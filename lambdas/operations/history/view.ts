import { annotationsView } from '../../http/annotations.ts';
import { formatAmount } from '../../ledger/money.ts';
import { hasPayout, type Transaction } from '../../ledger/transactions.ts';
import { conversionView } from '../conversions/view.ts';
import { transferView } from '../transfers/view.ts';
import { withdrawalView } from '../withdrawals/view.ts';
import { statusHistory } from './status-history.ts';

/** Any transaction, as a merchant that it concerns sees it. Metadata is not for the payee of a transfer. */
export const transactionView = (row: Transaction, viewer: string) => ({
  ...bareView(row, viewer),
  ...annotationsView(
    row.type === 'transfer' && viewer === row.payeeId ? { reference: row.reference } : row,
  ),
});

const bareView = (row: Transaction, viewer: string) => {
  if (row.type === 'transfer') return transferView(row, viewer);
  if (row.type === 'conversion') return { ...conversionView(row), history: statusHistory(row) };
  return row.type === 'withdrawal' ? withdrawalView(row) : plainView(row);
};

const plainView = (row: Transaction) => ({
  id: row.txnId,
  type: row.type,
  status: row.status,
  amount: formatAmount(row.amount, row.currency),
  currency: row.currency,
  created_at: row.createdAt,
  ...('releaseAt' in row && { release_at: row.releaseAt }),
  ...(row.type === 'repayment' && { source: row.source }),
  ...(row.type === 'limit_change' && {
    limit_before: formatAmount(row.limitBefore, row.currency),
    ...(row.creditRequest !== undefined && { credit_request_id: row.creditRequest }),
  }),
  ...('reversedBy' in row && { reversed_by: row.reversedBy }),
  ...(row.type === 'reversal' && { reverses: row.reverses }),
  ...('reason' in row && { reason: row.reason }),
  history: statusHistory(row),
});

const adminsView = ({ admin, proposal, at }: Transaction) => ({
  ...(admin !== undefined && { admin }),
  ...(proposal !== undefined && {
    proposal: {
      proposed_at: at.PROPOSED,
      expires_at: proposal.expiresAt,
      confirmed_by: proposal.confirmedBy ?? null,
    },
  }),
});

/** As an admin sees it: with its merchant, the admins who asked for it, and the status as it is. */
export const adminTransactionView = (row: Transaction) => {
  const merchantId = 'merchantId' in row ? (row.merchantId ?? null) : null;
  return {
    ...(merchantId === null ? plainView(row) : bareView(row, merchantId)),
    ...annotationsView(row),
    merchant_id: merchantId,
    ...adminsView(row),
    status: row.status,
    attempt: hasPayout(row) ? Number(row.payout.attempt) : 0,
  };
};
