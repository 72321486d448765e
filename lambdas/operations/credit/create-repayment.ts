import * as z from 'zod';
import { moneyFields, moneyIn, nothing } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import type { Settings } from '../../http/operation.ts';
import { formatAmount } from '../../ledger/money.ts';
import { releaseAhead } from '../../ledger/release.ts';
import { readCredit, readMerchant } from '../../ledger/rows/merchants.ts';
import { readWalletFunds } from '../../ledger/rows/wallets.ts';
import { decideRepayment } from './repayment-rule.ts';

const input = ({ currency: fallback }: Settings) =>
  z
    .object({
      query: nothing,
      body: z.strictObject(moneyFields(fallback)),
    })
    .transform(({ body }, ctx) => moneyIn(body, ctx));

/**
 * Repays used credit from the caller's wallet (CR-4).
 * Refuses: not_a_merchant, merchant_not_approved, merchant_suspended, merchant_archived; no_credit_line,
 * repayment_exceeds_utilised; wallet_not_found, insufficient_funds.
 */
export const createRepayment = moneyOperation({
  name: 'repayment',
  type: 'repayment',
  route: 'POST /repayments',
  access: 'merchant',
  key: 'required',
  handsOver: {},
  input,
  read: async (ledger, { amount, currency }, caller, now) => {
    const [merchant, line, funds] = await Promise.all([
      readMerchant(ledger, caller.id),
      readCredit(ledger, caller.id, currency),
      readWalletFunds(ledger, caller.id, currency, amount, now),
    ]);
    return { merchant, line, funds };
  },
  prepare: async (ledger, { merchant, funds }, { amount, currency }, now) =>
    merchant !== undefined && releaseAhead(ledger, merchant.id, currency, funds, amount, now),
  decide: decideRepayment,
  respond: ({ txnId, amount, currency, createdAt }) => ({
    status: 201,
    message: { en: 'The repayment is booked.', fa: 'بازپرداخت ثبت شد.' },
    data: {
      id: txnId,
      type: 'repayment',
      source: 'wallet',
      amount: formatAmount(amount, currency),
      currency,
      created_at: createdAt,
    },
  }),
});
