import * as z from 'zod';
import { moneyFields, moneyIn, nothing } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import type { Settings } from '../../http/operation.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { merchantId } from '../../ledger/merchant-id.ts';
import { formatAmount } from '../../ledger/money.ts';
import { readCredit, readMerchant } from '../../ledger/rows/merchants.ts';
import { decideRecordedRepayment } from '../credit/repayment-rule.ts';

const input = ({ currency: fallback }: Settings) =>
  z
    .object({
      params: z.object({ merchant_id: merchantId }),
      query: nothing,
      body: z.strictObject(moneyFields(fallback)),
    })
    .transform(({ params, body }, ctx) => ({
      merchantId: params.merchant_id,
      ...moneyIn(body, ctx),
    }));

/**
 * Records that a merchant has repaid used credit through a bank (CR-4). Its wallets stay as they are.
 * Refuses: merchant_not_found; no_credit_line, repayment_exceeds_utilised.
 */
export const recordRepayment = moneyOperation({
  name: 'recorded-repayment',
  type: 'repayment',
  route: 'POST /admin/wallets/{merchant_id}/repayments',
  access: 'admin',
  secondAdmin: true,
  key: 'required',
  handsOver: {},
  input,
  subject: ({ merchantId }) => merchantPk(merchantId),
  read: async (ledger, { merchantId, currency }) => {
    const [merchant, line] = await Promise.all([
      readMerchant(ledger, merchantId),
      readCredit(ledger, merchantId, currency),
    ]);
    return { merchant, line };
  },
  decide: ({ merchant, line }, { amount, currency }) =>
    decideRecordedRepayment({ merchant, line }, { amount, currency }),
  respond: ({ txnId, merchantId, amount, currency, createdAt }) => ({
    status: 201,
    message: { en: 'The repayment is recorded.', fa: 'بازپرداخت بانکی ثبت شد.' },
    data: {
      id: txnId,
      type: 'repayment',
      source: 'bank',
      merchant_id: merchantId,
      amount: formatAmount(amount, currency),
      currency,
      created_at: createdAt,
    },
  }),
});
