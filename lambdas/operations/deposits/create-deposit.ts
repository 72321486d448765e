import * as z from 'zod';
import { amountText, currencyOr, inMinorUnits, instant, nothing } from '../../http/fields.ts';
import { endpoint } from '../../http/router.ts';
import type { Books } from '../../ledger/context.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { type Currency, formatAmount } from '../../ledger/money.ts';
import { depositWrites } from '../../ledger/rows/deposit-writes.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { readWallet } from '../../ledger/rows/wallets.ts';
import { exactlyOnce } from '../../ledger/run-operation.ts';
import { type AcceptedDeposit, type Deposit, type DepositFacts, decideDeposit } from './rule.ts';

type Input = Deposit & { readonly merchantId: string };

const form = (defaultCurrency: Currency) =>
  z
    .object({
      params: z.object({ merchant_id: z.string().min(1).max(64) }),
      query: nothing,
      body: z.strictObject({
        amount: amountText,
        currency: currencyOr(defaultCurrency),
        release_at: instant.optional(),
      }),
    })
    .transform(
      ({ params, body: { amount, currency, release_at } }, ctx): Input => ({
        merchantId: params.merchant_id,
        amount: inMinorUnits(['body', 'amount'], amount, currency, ctx),
        currency,
        releaseAt: release_at,
      }),
    );

/**
 * POST /admin/wallets/{merchant_id}/deposits: money from outside into a merchant's wallet, which the first
 * one in a currency creates; with a `release_at` ahead it is pending until then (WA-2, WA-3).
 * Refuses: merchant_not_found, merchant_cannot_receive, wallet_closed, release_too_far.
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
      writes: (accepted, txnId) => depositWrites(books.ledger, accepted, txnId),
      reply: ({ txnId, merchantId, amount, currency, createdAt, releaseAt }) => ({
        status: 201,
        message:
          releaseAt === undefined
            ? { en: 'The deposit is in the wallet.', fa: 'مبلغ به کیف پول واریز شد.' }
            : {
                en: 'The deposit is pending in the wallet until its release.',
                fa: 'مبلغ تا زمان آزادسازی در کیف پول معلق است.',
              },
        data: {
          id: txnId,
          type: 'deposit',
          merchant_id: merchantId,
          amount: formatAmount(amount, currency),
          currency,
          created_at: createdAt,
          ...(releaseAt !== undefined && { release_at: releaseAt }),
        },
      }),
    }),
  );
