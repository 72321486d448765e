import { type CreditLine, creditAvailable } from '../../ledger/balances.ts';
import { pendingZone, zoneAt } from '../../ledger/calendar.ts';
import { formatPercent } from '../../ledger/fees.ts';
import type { Merchant } from '../../ledger/merchant.ts';
import { currencyCode, formatAmount } from '../../ledger/money.ts';
import type { MerchantBalances } from '../../ledger/rows/merchants.ts';
import { balanceView } from '../wallets/view.ts';

/** Strong, of the terms and the bank account alone: traffic changes the balances with every second. */
export const termsTag = ({ termsVersion }: Merchant): { readonly etag: string } => ({
  etag: `"${termsVersion}"`,
});

export const merchantView = (merchant: Merchant, now: Date) => ({
  id: merchant.id,
  username: merchant.name,
  status: merchant.status,
  status_reason: merchant.statusReason ?? null,
  requested_credit: formatAmount(merchant.requestedCredit, merchant.requestedCurrency),
  currency: merchant.requestedCurrency,
  bank_account: merchant.bankAccount,
  fee: formatPercent(merchant.feePpm),
  fee_tiers: feeTiersView(merchant),
  ...timeZoneView(merchant, now),
  created_at: merchant.createdAt,
});

/** The zone that counts, and a change that has not begun. */
export function timeZoneView(merchant: Merchant, now: Date) {
  const next = pendingZone(merchant, now);
  return {
    time_zone: zoneAt(merchant, now),
    next_time_zone: next === undefined ? null : { time_zone: next.zone, from: next.from },
  };
}

/** In a stable order: a map in DynamoDB has none. */
const feeTiersView = ({ feeTiers }: Merchant) =>
  Object.keys(feeTiers)
    .toSorted()
    .flatMap((code) => {
      const tiers = feeTiers[code] ?? [];
      const currency = currencyCode.parse(code);
      return tiers.map(({ from, ppm }) => ({
        currency,
        from_volume: formatAmount(from, currency),
        fee: formatPercent(ppm),
      }));
    });

const creditView = (line: CreditLine) => ({
  currency: line.currency,
  limit: formatAmount(line.limit, line.currency),
  utilised: formatAmount(line.utilised, line.currency),
  available: formatAmount(creditAvailable(line), line.currency),
});

const limitsView = ({ limits }: Merchant) =>
  Object.keys(limits)
    .toSorted()
    .map((code) => {
      const currency = currencyCode.parse(code);
      const { daily, monthly } = limits[code] ?? {};
      return {
        currency,
        ...(daily !== undefined && { daily: formatAmount(daily, currency) }),
        ...(monthly !== undefined && { monthly: formatAmount(monthly, currency) }),
      };
    });

export const merchantBalancesView = (
  { merchant, credit, wallets }: MerchantBalances,
  now: Date,
) => ({
  ...merchantView(merchant, now),
  credit: credit.map(creditView),
  wallets: wallets.map(balanceView),
  limits: limitsView(merchant),
});
