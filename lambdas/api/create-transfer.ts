import * as z from 'zod';
import type { Currency } from '../domain/money.ts';
import {
  type AcceptedTransfer,
  decideTransfer,
  priceOf,
  type TransferFacts,
  type TransferOrder,
} from '../domain/transfer.ts';
import type { Books } from '../runtime/books.ts';
import { exactlyOnce } from '../runtime/exactly-once.ts';
import { endpoint } from '../runtime/http.ts';
import { merchantPk } from '../store/keys.ts';
import { findMerchant, readMerchant } from '../store/merchants.ts';
import { transferWrites } from '../store/transfer-writes.ts';
import { readWallet, readWalletFacts } from '../store/wallets.ts';
import { amountText, currencyOr, inMinorUnits, nothing } from './fields.ts';
import { transferView } from './views.ts';

const form = (defaultCurrency: Currency) =>
  z
    .object({
      query: nothing,
      body: z.strictObject({
        to: z.string().min(1).max(64),
        amount: amountText,
        currency: currencyOr(defaultCurrency),
      }),
    })
    .transform(
      ({ body: { to, amount, currency } }, ctx): TransferOrder => ({
        to,
        amount: inMinorUnits('amount', amount, currency, ctx),
        currency,
      }),
    );

/**
 * POST /transfers: from the caller's wallet into another merchant's, in one currency, the fee on top (WA-5).
 * Refuses: as a withdrawal does for the caller's status; self_transfer, payee_not_found, wallet_not_found,
 * wallet_closed, insufficient_funds.
 */
export const createTransfer = (books: Books, defaultCurrency: Currency) =>
  endpoint(
    'required',
    form(defaultCurrency),
    exactlyOnce(books)<TransferOrder, TransferFacts, AcceptedTransfer>({
      name: 'transfer',
      subject: (_order, { caller }) => merchantPk(caller.sub),
      read: async (order, { caller }, now) => {
        const { to, amount, currency } = order;
        const [payer, payee] = await Promise.all([
          readMerchant(books.ledger, caller.sub),
          findMerchant(books.ledger, to),
        ]);
        const total = payer === undefined ? amount : priceOf(payer, order).total;
        const [funds, payeeWallet] = await Promise.all([
          readWalletFacts(books.ledger, caller.sub, currency, total, now),
          payee && readWallet(books.ledger, payee.id, currency),
        ]);
        return { payer, payee, funds, payeeWallet };
      },
      decide: decideTransfer,
      writes: (accepted, txnId) => transferWrites(books.ledger, accepted, txnId),
      reply: (transaction) => ({
        status: 201,
        message: { en: 'The transfer is made.', fa: 'انتقال انجام شد.' },
        data: transferView(transaction, transaction.merchantId),
      }),
    }),
  );
