import { annotationsView } from '../../http/annotations.ts';
import { formatAmount } from '../../ledger/money.ts';
import { statusAt, timesAt } from '../../ledger/shown-status.ts';
import { hasPayout, type Transaction } from '../../ledger/transactions.ts';
import { conversionView } from '../conversions/view.ts';
import { saleView } from '../sales/view.ts';
import { transferView } from '../transfers/view.ts';
import { withdrawalView } from '../withdrawals/view.ts';
import { statusHistory } from './status-history.ts';

/** Any transaction, as a merchant that it concerns sees it now. Metadata is not for the payee of a transfer. */
export const transactionView = (row: Transaction, viewer: string, now: Date) => ({
  ...bareView(row, viewer, now),
  ...annotationsView(
    row.type === 'transfer' && viewer === row.payeeId ? { reference: row.reference } : row,
  ),
});

const bareView = (row: Transaction, viewer: string, now: Date) => {
  if (row.type === 'transfer') return transferView(row, viewer);
  if (row.type === 'conversion') return { ...conversionView(row), history: statusHistory(row) };
  if (row.type === 'withdrawal') return withdrawalView(row);
  return row.type === 'sale' ? saleView(row) : plainView(row, now);
};

const plainView = (row: Transaction, now: Date) => ({
  id: row.txnId,
  type: row.type,
  status: statusAt(row, now),
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
  history: statusHistory({ at: timesAt(row, now) }),
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
export const adminTransactionView = (row: Transaction, now: Date) => {
  const merchantId = 'merchantId' in row ? (row.merchantId ?? null) : null;
  return {
    ...(merchantId === null ? plainView(row, now) : bareView(row, merchantId, now)),
    ...annotationsView(row),
    merchant_id: merchantId,
    ...adminsView(row),
    status: statusAt(row, now),
    attempt: hasPayout(row) ? Number(row.payout.attempt) : 0,
  };
};
