import { endOf } from '../../ledger/calendar.ts';
import { countingLabels } from '../../ledger/counters.ts';
import { type Allowance, allowancesOf } from '../../ledger/limits.ts';
import type { Merchant } from '../../ledger/merchant.ts';
import { type Currency, currencyCode, formatAmount } from '../../ledger/money.ts';
import { timeZoneView } from '../merchants/view.ts';

/** By currency, where there is a limit or something is used. */
export const spendingView = (merchant: Merchant, now: Date) => ({
  ...timeZoneView(merchant, now),
  limits: [...new Set([...Object.keys(merchant.limits), ...Object.keys(merchant.spent)])]
    .toSorted()
    .map((code) => {
      const currency = currencyCode.parse(code);
      const labels = countingLabels(merchant, currency, now);
      return { currency, ...allowancesOf(merchant, currency, labels) };
    })
    .filter(({ daily, monthly }) =>
      [daily, monthly].some(({ limited, used }) => limited !== undefined || used > 0n),
    )
    .map(({ currency, daily, monthly }) => ({
      currency,
      daily: allowanceView(daily, currency, merchant, now),
      monthly: allowanceView(monthly, currency, merchant, now),
    })),
});

const allowanceView = (
  { label, used, limited }: Allowance,
  currency: Currency,
  merchant: Merchant,
  now: Date,
) => ({
  limit: limited === undefined ? null : formatAmount(limited.limit, currency),
  used: formatAmount(used, currency),
  left: limited === undefined ? null : formatAmount(limited.left, currency),
  resets_at: endOf(label, merchant, now).toISOString(),
});
