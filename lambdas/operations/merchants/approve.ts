import * as z from 'zod';
import { amountText, byMerchantId, currencyOr, inMinorUnits, nothing } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import type { Settings } from '../../http/operation.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { formatAmount } from '../../ledger/money.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { decideApproval } from './approve-rule.ts';

const input = ({ currency: fallback }: Settings) =>
  z
    .object({
      params: byMerchantId,
      query: nothing,
      body: z.strictObject({ credit_limit: amountText, currency: currencyOr(fallback) }),
    })
    .transform(({ params, body: { credit_limit: limit, currency } }, ctx) => ({
      merchantId: params.id,
      limit: inMinorUnits(['body', 'credit_limit'], limit, currency, ctx),
      currency,
    }));

/**
 * Opens the credit line and the wallet (ID-2). Without an Idempotency-Key a repeat is refused as already
 * approved, or proposed again above the limit.
 * Refuses: merchant_not_found, merchant_already_approved, merchant_rejected.
 */
export const approveMerchant = moneyOperation({
  name: 'approval',
  type: 'approval',
  route: 'POST /admin/merchants/{id}/approve',
  access: 'admin',
  secondAdmin: true,
  key: 'optional',
  input,
  subject: ({ merchantId }) => merchantPk(merchantId),
  read: (ledger, { merchantId }) => readMerchant(ledger, merchantId),
  decide: decideApproval,
  respond: ({ merchantId, txnId, amount, currency, createdAt }) => ({
    status: 200,
    message: { en: 'The merchant is approved.', fa: 'پذیرنده تأیید شد.' },
    data: {
      id: merchantId,
      status: 'ACTIVE',
      credit_limit: formatAmount(amount, currency),
      currency,
      transaction_id: txnId,
      approved_at: createdAt,
    },
  }),
});
