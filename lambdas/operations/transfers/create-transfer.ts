import * as z from 'zod';
import { moneyFields, moneyIn } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import type { Settings } from '../../http/operation.ts';
import { releaseAhead } from '../../ledger/release.ts';
import { findMerchant, readMerchant } from '../../ledger/rows/merchants.ts';
import { readWallet, readWalletFunds } from '../../ledger/rows/wallets.ts';
import { decideTransfer, priceOf } from './rule.ts';
import { transferTermsView, transferView } from './view.ts';

const input = ({ currency: fallback }: Settings) =>
  z
    .object({
      query: z.strictObject({ preview: z.enum(['true', 'false']).optional() }),
      body: z.strictObject({
        // Half a character is no text, and DynamoDB takes it for no key.
        to: z
          .string()
          .min(1)
          .max(64)
          .refine((to) => to.isWellFormed(), 'invalid'),
        ...moneyFields(fallback),
      }),
    })
    .transform(({ body }, ctx) => ({ to: body.to, ...moneyIn(body, ctx) }));

/**
 * From the caller's wallet into another merchant's, in one currency, the fee on top (WA-5) at the rate of
 * its tier (WA-8). With `?preview=true` it is priced and decided, and not made.
 * Refuses: not_a_merchant, merchant_not_approved, merchant_suspended, merchant_archived; self_transfer,
 * payee_not_found, wallet_not_found, wallet_closed, too_many_wallets, insufficient_funds.
 */
export const createTransfer = moneyOperation({
  name: 'transfer',
  type: 'transfer',
  route: 'POST /transfers',
  access: 'merchant',
  key: 'required',
  handsOver: { payee: (ledger, { to }) => findMerchant(ledger, to) },
  input,
  read: async (ledger, order, caller, now) => {
    const { to, amount, currency } = order;
    const [reading, finding] = [readMerchant(ledger, caller.id), findMerchant(ledger, to)];
    const total = reading.then((payer) =>
      payer === undefined ? amount : priceOf(payer, order, now).total,
    );
    const [payer, payee, funds, payeeWallet] = await Promise.all([
      reading,
      finding,
      readWalletFunds(ledger, caller.id, currency, total, now),
      finding.then((payee) => payee && readWallet(ledger, payee.id, currency)),
    ]);
    return { payer, payee, funds, payeeWallet };
  },
  prepare: async (ledger, { payer, funds }, order, now) =>
    payer !== undefined &&
    releaseAhead(ledger, payer.id, order.currency, funds, priceOf(payer, order, now).total, now),
  decide: decideTransfer,
  respond: (transaction) => ({
    status: 201,
    message: { en: 'The transfer is made.', fa: 'انتقال انجام شد.' },
    data: transferView(transaction, transaction.merchantId),
  }),
  preview: (transaction) => ({
    status: 200,
    message: {
      en: 'This is what the transfer would cost. Nothing was moved.',
      fa: 'هزینهٔ انتقال چنین می‌شود. چیزی جابه‌جا نشد.',
    },
    data: {
      type: 'transfer',
      preview: true,
      ...transferTermsView(transaction, transaction.merchantId),
    },
  }),
});
