import * as z from 'zod';
import {
  type AcceptedDeposit,
  type Deposit,
  type DepositFacts,
  decideDeposit,
} from '../domain/deposit.ts';
import { type Currency, formatAmount } from '../domain/money.ts';
import { type Books, exactlyOnce } from '../runtime/exactly-once.ts';
import { endpoint } from '../runtime/http.ts';
import { merchantPk } from '../store/keys.ts';
import { readMerchant } from '../store/merchants.ts';
import { creditWallet, readWallet } from '../store/wallets.ts';
import { amountText, currencyOr, inMinorUnits, nothing } from './fields.ts';

type Input = Deposit & { readonly merchantId: string };

const form = (defaultCurrency: Currency) =>
  z
    .object({
      params: z.object({ merchant_id: z.string().min(1).max(64) }),
      query: nothing,
      body: z.strictObject({ amount: amountText, currency: currencyOr(defaultCurrency) }),
    })
    .transform(
      ({ params, body: { amount, currency } }, ctx): Input => ({
        merchantId: params.merchant_id,
        amount: inMinorUnits('amount', amount, currency, ctx),
        currency,
      }),
    );

/**
 * POST /admin/wallets/{merchant_id}/deposits: money from outside into a merchant's wallet, which the first
 * one in a currency creates (WA-2, WA-3).
 * Refuses: merchant_not_found, merchant_cannot_receive, wallet_closed.
 */
export const deposit = (books: Books, defaultCurrency: Currency) =>
  endpoint(
    'required',
    form(defaultCurrency),
    exactlyOnce(books)<Input, DepositFacts, AcceptedDeposit>({
      name: 'deposit',
      subject: ({ merchantId }) => merchantPk(merchantId),
      read: async ({ merchantId, currency }) => {
        const [merchant, wallet] = await Promise.all([
          readMerchant(books.ledger, merchantId),
          readWallet(books.ledger, merchantId, currency),
        ]);
        return { merchant, wallet };
      },
      decide: decideDeposit,
      writes: ({ merchantId, wallet, transaction: { amount, currency } }, txnId) => {
        const change = { txnId, phase: 'accept' };
        return creditWallet(books.ledger, merchantId, currency, amount, wallet, change);
      },
      reply: ({ txnId, merchantId, amount, currency, createdAt }) => ({
        status: 201,
        message: { en: 'The deposit is in the wallet.', fa: 'مبلغ به کیف پول واریز شد.' },
        data: {
          id: txnId,
          type: 'deposit',
          merchant_id: merchantId,
          amount: formatAmount(amount, currency),
          currency,
          created_at: createdAt,
        },
      }),
    }),
  );
