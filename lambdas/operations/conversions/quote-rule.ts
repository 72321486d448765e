import * as z from 'zod';
import { type Refused, refused } from '../../ledger/decision.ts';
import { type Merchant, spenderOf } from '../../ledger/merchant.ts';
import { currencyCode, minorUnits } from '../../ledger/money.ts';
import { type Conversion, formatRate, legsOf, type Rate, type Side } from '../../ledger/rates.ts';
import type { Change, RowRef } from '../../ledger/row-writes.ts';

export const SIDES = ['sell', 'buy'] as const satisfies readonly Side[];

/** What a conversion gives and brings, for 30 seconds and for one merchant. */
export const quoteRow = z.object({
  id: z.string(),
  from: currencyCode,
  to: currencyCode,
  side: z.enum(SIDES),
  /** In `from`. */
  give: minorUnits,
  /** Both in `to`. */
  receive: minorUnits,
  spread: minorUnits,
  /** One unit of `from` in `to`, as decimal text. */
  rate: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  /** The conversion that used it. */
  usedBy: z.string().optional(),
});
export type Quote = z.infer<typeof quoteRow>;

const VALID_MS = 30_000;

export type QuoteFacts = {
  readonly merchant: Merchant | undefined;
  readonly rate: Rate | 'pair_not_supported' | 'rates_unavailable';
};

/**
 * Prices a conversion. It takes no money and looks at no wallet: the conversion does.
 * Refuses in this order: the merchant's status, the pair and its rate, the amount.
 */
export function decideQuote(
  { merchant: found, rate }: QuoteFacts,
  order: Conversion,
  { id, spreadPpm }: { readonly id: string; readonly spreadPpm: bigint },
  now: Date,
): Refused | Quote {
  const merchant = spenderOf(found);
  if ('kind' in merchant) return merchant;
  if (typeof rate === 'string') return refused(rate);
  const legs = legsOf(order, rate, spreadPpm);
  if (legs === undefined) return refused('amount_not_convertible');
  const { from, to, side } = order;
  return {
    id,
    from,
    to,
    side,
    ...legs,
    rate: formatRate(rate),
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + VALID_MS).toISOString(),
  };
}

const rowOf = (merchantId: string, id: string): RowRef => ({
  kind: 'own',
  merchantId,
  of: 'QUOTE',
  id,
});

export const putQuote = (merchantId: string, quote: Quote): Change => ({
  row: rowOf(merchantId, quote.id),
  conditions: [],
  put: quote,
});

/** Once, and in time. Nothing else of a quote ever changes. */
export const useQuote = (merchantId: string, id: string, txnId: string, now: Date): Change => ({
  row: rowOf(merchantId, id),
  conditions: [
    { must: 'be absent', path: 'usedBy' },
    { must: 'be after', path: 'expiresAt', value: now.toISOString() },
  ],
  set: { usedBy: txnId },
});
