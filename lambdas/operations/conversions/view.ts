import { type Currency, formatAmount } from '../../ledger/money.ts';
import type { ConversionTransaction } from '../../ledger/transactions.ts';
import type { Quote } from './quote-rule.ts';

const moneyView = (units: bigint, currency: Currency) => ({
  amount: formatAmount(units, currency),
  currency,
});

const legsView = ({
  from,
  to,
  give,
  receive,
  spread,
  rate,
}: Pick<Quote, 'from' | 'to' | 'give' | 'receive' | 'spread' | 'rate'>) => ({
  give: moneyView(give, from),
  receive: moneyView(receive, to),
  spread: moneyView(spread, to),
  rate,
});

export const quoteView = (quote: Quote) => ({
  id: quote.id,
  side: quote.side,
  ...legsView(quote),
  created_at: quote.createdAt,
  expires_at: quote.expiresAt,
});

/** What never changes about a conversion. Amount and currency are what was given, as of every transaction. */
export const conversionView = (row: ConversionTransaction) => ({
  id: row.txnId,
  type: row.type,
  status: row.status,
  amount: formatAmount(row.amount, row.currency),
  currency: row.currency,
  quote_id: row.quoteId,
  ...legsView({
    from: row.currency,
    to: row.toCurrency,
    give: row.amount,
    receive: row.received,
    spread: row.spread,
    rate: row.rate,
  }),
  created_at: row.createdAt,
});
