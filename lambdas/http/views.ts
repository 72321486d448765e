import { type CreditLine, creditAvailable } from '../ledger/balances.ts';
import type { Merchant } from '../ledger/merchant.ts';
import { currencyCode, formatAmount, minor } from '../ledger/money.ts';
import type { Holdings, Tranche } from '../ledger/pending-releases.ts';
import type { MerchantBalances } from '../ledger/rows/merchants.ts';
import { type Draft, STATUSES, shownStatus, type Transaction } from '../ledger/transactions.ts';

/** What clients see: snake_case, amounts as decimal text beside their currency, times in UTC. */

/** What never changes about a withdrawal: the answer to whoever asked for it, now or years later. */
export const acceptedWithdrawalView = (row: Transaction) => ({
  id: row.txnId,
  type: row.type,
  status: row.executeAt === undefined ? 'PENDING' : 'SCHEDULED',
  amount: formatAmount(row.amount, row.currency),
  currency: row.currency,
  source: row.source,
  bank_account: row.destination,
  created_at: row.createdAt,
  ...(row.executeAt !== undefined && { execute_at: row.executeAt }),
});

export const withdrawalView = (row: Transaction) => ({
  ...acceptedWithdrawalView(row),
  status: shownStatus(row.status),
  bank_reference: row.bankRef ?? null,
  failure: row.failure ?? null,
  history: historyView(row),
});

/** What never changes about a transfer, as each side sees it. */
export const transferView = (row: Transaction, viewer: string | undefined) => ({
  id: row.txnId,
  type: row.type,
  status: row.status,
  direction: viewer === row.payeeId ? 'in' : 'out',
  ...transferTermsView(row, viewer),
  created_at: row.createdAt,
});

/** Who pays what to whom; the payee is not told what it costs the payer. */
export const transferTermsView = (row: Draft, viewer: string | undefined) => ({
  from: row.payerName,
  to: row.payeeName,
  amount: formatAmount(row.amount, row.currency),
  ...(viewer !== row.payeeId && transferCostView(row)),
  currency: row.currency,
});

const transferCostView = ({ amount, fee = minor(0n), feePpm, feeTierFrom, currency }: Draft) => ({
  fee: formatAmount(fee, currency),
  total: formatAmount(amount + fee, currency),
  ...(feePpm !== undefined && { fee_rate: percent(feePpm) }),
  fee_tier: feeTierFrom === undefined ? null : { from_volume: formatAmount(feeTierFrom, currency) },
});

/** Any transaction, as a merchant that it concerns sees it. */
export const transactionView = (row: Transaction, viewer: string | undefined) => {
  if (row.type === 'transfer') return transferView(row, viewer);
  return row.type === 'withdrawal' ? withdrawalView(row) : plainView(row);
};

const plainView = (row: Transaction) => ({
  id: row.txnId,
  type: row.type,
  status: row.status,
  amount: formatAmount(row.amount, row.currency),
  currency: row.currency,
  created_at: row.createdAt,
  ...(row.releaseAt !== undefined && { release_at: row.releaseAt }),
  history: historyView(row),
});

/** As an administrator sees it: whose it is, and the status as it is. */
export const adminTransactionView = (row: Transaction) => ({
  ...transactionView(row, row.merchantId),
  merchant_id: row.merchantId ?? null,
  status: row.status,
  attempt: Number(row.attempt ?? 0n),
});

/** When it last became each status, oldest first; what merchants do not see is left out. */
const historyView = ({ at }: Transaction) =>
  STATUSES.flatMap((status) => {
    const when = at[status];
    return when === undefined || shownStatus(status) !== status ? [] : [{ status, at: when }];
  }).toSorted((a, b) => (a.at < b.at ? -1 : 1));

/** Parts per million as a percentage with two decimals or, where it needs them, up to four. */
const percent = (ppm: bigint): string => {
  const text = ppm.toString().padStart(5, '0');
  return `${text.slice(0, -4)}.${text.slice(-4)}`.replace(/0{1,2}$/, '');
};

export const merchantView = (merchant: Merchant) => ({
  id: merchant.id,
  username: merchant.name,
  status: merchant.status,
  requested_credit: formatAmount(merchant.requestedCredit, merchant.requestedCurrency),
  currency: merchant.requestedCurrency,
  bank_account: merchant.bankAccount,
  fee: percent(merchant.feePpm),
  fee_tiers: feeTiersView(merchant),
  time_zone: merchant.timeZone,
  created_at: merchant.createdAt,
});

/** In a stable order: DynamoDB keeps none in a map. */
const feeTiersView = ({ feeTiers }: Merchant) =>
  Object.keys(feeTiers)
    .toSorted()
    .flatMap((code) => {
      const tiers = feeTiers[code] ?? [];
      const currency = currencyCode.parse(code);
      return tiers.map(({ from, ppm }) => ({
        currency,
        from_volume: formatAmount(from, currency),
        fee: percent(ppm),
      }));
    });

const creditView = (line: CreditLine) => ({
  currency: line.currency,
  limit: formatAmount(line.limit, line.currency),
  utilised: formatAmount(line.utilised, line.currency),
  available: formatAmount(creditAvailable(line), line.currency),
});

const balanceView = ({ currency, available, pending }: Holdings) => ({
  currency,
  available: formatAmount(available, currency),
  pending: formatAmount(pending, currency),
});

/** How many releases a wallet shows; all of them are a list of their own. */
export const RELEASES_SHOWN = 20;

/** A wallet with the next of what is pending in it (WA-4). */
export const walletView = (wallet: Holdings) => ({
  ...balanceView(wallet),
  releases: wallet.releases.map(releaseView),
});

export const releaseView = ({ amount, currency, releaseAt, depositId }: Tranche) => ({
  amount: formatAmount(amount, currency),
  release_at: releaseAt,
  deposit_id: depositId,
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
