import * as z from 'zod';
import type { Currency } from '../domain/money.ts';
import { SOURCES } from '../domain/transaction.ts';
import {
  type AcceptedWithdrawal,
  decideWithdrawal,
  type Funds,
  type WithdrawalFacts,
  type WithdrawalOrder,
} from '../domain/withdrawal.ts';
import type { Books } from '../runtime/books.ts';
import { exactlyOnce } from '../runtime/exactly-once.ts';
import { endpoint } from '../runtime/http.ts';
import { merchantPk } from '../store/keys.ts';
import type { Ledger } from '../store/ledger.ts';
import { readCredit, readMerchant } from '../store/merchants.ts';
import { findShares } from '../store/pool.ts';
import { readWalletFacts } from '../store/wallets.ts';
import { withdrawalWrites } from '../store/withdrawal-writes.ts';
import { amountText, currencyOr, inMinorUnits, nothing } from './fields.ts';
import { acceptedWithdrawalView } from './views.ts';

const form = (defaultCurrency: Currency) =>
  z
    .object({
      query: nothing,
      body: z.strictObject({
        amount: amountText,
        currency: currencyOr(defaultCurrency),
        source: z.enum(SOURCES).default('credit'),
      }),
    })
    .transform(
      ({ body: { amount, currency, source } }, ctx): WithdrawalOrder => ({
        amount: inMinorUnits('amount', amount, currency, ctx),
        currency,
        source,
      }),
    );

/**
 * POST /withdrawals: draws on the merchant's credit and the pool, or on its wallet, and leaves the payout
 * to settlement.
 * Refuses: not_a_merchant, merchant_not_approved, merchant_suspended, merchant_archived,
 * no_credit_line, insufficient_credit, insufficient_pool; wallet_not_found, insufficient_funds.
 */
export const createWithdrawal = (books: Books, defaultCurrency: Currency) =>
  endpoint(
    'required',
    form(defaultCurrency),
    exactlyOnce(books)<WithdrawalOrder, WithdrawalFacts, AcceptedWithdrawal>({
      name: 'withdrawal',
      subject: (_order, { caller }) => merchantPk(caller.sub),
      read: async (order, { caller }, now) => {
        const [merchant, funds] = await Promise.all([
          readMerchant(books.ledger, caller.sub),
          readFunds(books.ledger, caller.sub, order, now),
        ]);
        return { merchant, funds };
      },
      decide: decideWithdrawal,
      writes: (accepted, txnId) => withdrawalWrites(books.ledger, accepted, txnId),
      reply: (transaction) => ({
        status: 202,
        message: {
          en: 'The withdrawal is accepted and on its way to the bank.',
          fa: 'برداشت پذیرفته شد و در راه بانک است.',
        },
        data: acceptedWithdrawalView(transaction),
      }),
    }),
  );

async function readFunds(
  ledger: Ledger,
  merchantId: string,
  { amount, currency, source }: WithdrawalOrder,
  now: Date,
): Promise<Funds> {
  if (source === 'wallet') {
    return { source, ...(await readWalletFacts(ledger, merchantId, currency, amount, now)) };
  }
  const [credit, pool] = await Promise.all([
    readCredit(ledger, merchantId, currency),
    findShares(ledger, currency, amount),
  ]);
  return { source, credit, pool };
}
