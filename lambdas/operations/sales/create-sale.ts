import * as z from 'zod';
import { moneyFields, moneyIn, nothing } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import type { Settings } from '../../http/operation.ts';
import { releaseAhead } from '../../ledger/release.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { readWholeWallet } from '../../ledger/rows/wallets.ts';
import { phoneNumber } from './phone-number.ts';
import { decideSale } from './rule.ts';
import { acceptedSaleView } from './view.ts';

const input = ({ currency: fallback, checkMarginMs }: Settings) =>
  z
    .object({
      query: nothing,
      body: z.strictObject({ phone_number: phoneNumber, ...moneyFields(fallback) }),
    })
    .transform(({ body }, ctx) => ({
      phoneNumber: body.phone_number,
      ...moneyIn(body, ctx),
      checkMarginMs,
    }));

/**
 * Charges a phone, paid from the caller's wallet (SA-1); settlement has the operator deliver it. The response states
 * the balance before and after.
 * Refuses: not_a_merchant, merchant_not_approved, merchant_suspended, merchant_archived; daily_limit_exceeded,
 * monthly_limit_exceeded; wallet_not_found, insufficient_funds.
 */
export const createSale = moneyOperation({
  name: 'sale',
  type: 'sale',
  route: 'POST /sales',
  access: 'merchant',
  location: '/sales/{id}',
  key: 'required',
  handsOver: {},
  input,
  read: async (ledger, { currency }, caller, now) => {
    const [merchant, funds] = await Promise.all([
      readMerchant(ledger, caller.id),
      readWholeWallet(ledger, caller.id, currency, now),
    ]);
    return { merchant, funds };
  },
  prepare: async (ledger, { merchant, funds }, { amount, currency }, now) =>
    merchant !== undefined && releaseAhead(ledger, merchant.id, currency, funds, amount, now),
  decide: decideSale,
  respond: (transaction) => ({
    status: 202,
    message: {
      en: 'The sale is accepted and on its way to the operator.',
      fa: 'فروش پذیرفته شد و در راه اپراتور است.',
    },
    data: acceptedSaleView(transaction),
  }),
});
