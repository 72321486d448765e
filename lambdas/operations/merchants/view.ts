import { type CreditLine, creditAvailable } from '../../ledger/balances.ts';
import { formatPercent } from '../../ledger/fees.ts';
import type { Merchant } from '../../ledger/merchant.ts';
import { currencyCode, formatAmount } from '../../ledger/money.ts';
import type { MerchantBalances } from '../../ledger/rows/merchants.ts';
import { balanceView } from '../wallets/view.ts';

export const merchantView = (merchant: Merchant) => ({
  id: merchant.id,
  username: merchant.name,
  status: merchant.status,
  requested_credit: formatAmount(merchant.requestedCredit, merchant.requestedCurrency),
  currency: merchant.requestedCurrency,
  bank_account: merchant.bankAccount,
  fee: formatPercent(merchant.feePpm),
  fee_tiers: feeTiersView(merchant),
  time_zone: merchant.timeZone,
  created_at: merchant.createdAt,
});

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
  Object.entries(limits).map(([code, { daily, monthly }]) => {
    const currency = currencyCode.parse(code);
    return {
      currency,
      ...(daily !== undefined && { daily: formatAmount(daily, currency) }),
      ...(monthly !== undefined && { monthly: formatAmount(monthly, currency) }),
    };
  });

export const merchantBalancesView = ({ merchant, credit, wallets }: MerchantBalances) => ({
  ...merchantView(merchant),
  credit: credit.map(creditView),
  wallets: wallets.map(balanceView),
  limits: limitsView(merchant),
});
