import { formatPercent } from '../../ledger/fees.ts';
import { formatAmount } from '../../ledger/money.ts';
import type { NewTransactionOf, Transfer } from '../../ledger/transactions.ts';

type Terms = NewTransactionOf<'transfer'>;

/** What never changes about a transfer, as payer or payee sees it. */
export const transferView = (row: Transfer, viewer: string) => ({
  id: row.txnId,
  type: row.type,
  status: row.status,
  direction: viewer === row.payeeId ? 'in' : 'out',
  ...transferTermsView(row, viewer),
  created_at: row.createdAt,
});

/** Who pays what to whom. Only the payer sees the cost. */
export const transferTermsView = (row: Terms, viewer: string) => ({
  from: row.payerName,
  to: row.payeeName,
  amount: formatAmount(row.amount, row.currency),
  ...(viewer !== row.payeeId && costView(row)),
  currency: row.currency,
});

const costView = ({ amount, fee, feePpm, feeTierFrom, currency }: Terms) => ({
  fee: formatAmount(fee, currency),
  total: formatAmount(amount + fee, currency),
  fee_rate: formatPercent(feePpm),
  fee_tier: feeTierFrom === undefined ? null : { from_volume: formatAmount(feeTierFrom, currency) },
});
