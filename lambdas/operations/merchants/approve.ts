import * as z from 'zod';
import { amountText, byId, currencyOr, inMinorUnits, nothing } from '../../http/fields.ts';
import { endpoint } from '../../http/router.ts';
import type { Books } from '../../ledger/context.ts';
import { merchantPk } from '../../ledger/keys.ts';
import type { Merchant } from '../../ledger/merchant.ts';
import { type Currency, formatAmount } from '../../ledger/money.ts';
import { approvalWrites } from '../../ledger/rows/approval-writes.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { exactlyOnce } from '../../ledger/run-operation.ts';
import { type AcceptedApproval, type Approval, decideApproval } from './approve-rule.ts';

type Input = Approval & { readonly merchantId: string };

const form = (defaultCurrency: Currency) =>
  z
    .object({
      params: byId,
      query: nothing,
      body: z.strictObject({ credit_limit: amountText, currency: currencyOr(defaultCurrency) }),
    })
    .transform(
      ({ params, body: { credit_limit: limit, currency } }, ctx): Input => ({
        merchantId: params.id,
        limit: inMinorUnits(['body', 'credit_limit'], limit, currency, ctx),
        currency,
      }),
    );

/**
 * POST /admin/merchants/{id}/approve: opens the credit line and the wallet (ID-2). Without an
 * Idempotency-Key a repeat hears that it was approved already, which is as safe.
 * Refuses: merchant_not_found, merchant_already_approved, merchant_rejected.
 */
export const approveMerchant = (books: Books, defaultCurrency: Currency) =>
  endpoint(
    'optional',
    form(defaultCurrency),
    exactlyOnce(books)<Input, Merchant | undefined, AcceptedApproval>({
      name: 'approval',
      subject: ({ merchantId }) => merchantPk(merchantId),
      read: ({ merchantId }) => readMerchant(books.ledger, merchantId),
      decide: decideApproval,
      writes: (accepted, txnId) => approvalWrites(books.ledger, accepted, txnId),
      reply: ({ merchantId, txnId, amount, currency, createdAt }) => ({
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
    }),
  );
