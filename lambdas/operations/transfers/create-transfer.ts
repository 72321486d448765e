import * as z from 'zod';
import { amountText, currencyOr, inMinorUnits } from '../../http/fields.ts';
import type { MoneyOperation } from '../../http/operation.ts';
import { dryRun } from '../../http/preview.ts';
import { endpoint } from '../../http/router.ts';
import { transferTermsView, transferView } from '../../http/views.ts';
import type { Books } from '../../ledger/context.ts';
import { merchantPk } from '../../ledger/keys.ts';
import type { Currency } from '../../ledger/money.ts';
import { findMerchant, readMerchant } from '../../ledger/rows/merchants.ts';
import { transferWrites } from '../../ledger/rows/transfer-writes.ts';
import { readWallet, readWalletFacts } from '../../ledger/rows/wallets.ts';
import { exactlyOnce } from '../../ledger/run-operation.ts';
import {
  type AcceptedTransfer,
  decideTransfer,
  priceOf,
  type TransferFacts,
  type TransferOrder,
} from './rule.ts';

const form = (defaultCurrency: Currency) =>
  z
    .object({
      query: z.strictObject({ preview: z.enum(['true', 'false']).optional() }),
      body: z.strictObject({
        to: z.string().min(1).max(64),
        amount: amountText,
        currency: currencyOr(defaultCurrency),
      }),
    })
    .transform(({ query, body: { to, amount, currency } }, ctx) => ({
      preview: query.preview === 'true',
      order: { to, amount: inMinorUnits(['body', 'amount'], amount, currency, ctx), currency },
    }));

const transfer = (
  books: Books,
): MoneyOperation<TransferOrder, TransferFacts, AcceptedTransfer> => ({
  name: 'transfer',
  subject: (_order, { caller }) => merchantPk(caller.sub),
  read: async (order, { caller }, now) => {
    const { to, amount, currency } = order;
    const [payer, payee] = await Promise.all([
      readMerchant(books.ledger, caller.sub),
      findMerchant(books.ledger, to),
    ]);
    const total = payer === undefined ? amount : priceOf(payer, order, now).total;
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
});

/**
 * POST /transfers: from the caller's wallet into another merchant's, in one currency, the fee on top
 * (WA-5), at the rate of its tier (WA-8). With `?preview=true` it is priced and decided, and not made.
 * Refuses: as a withdrawal does for the caller's status; self_transfer, payee_not_found, wallet_not_found,
 * wallet_closed, insufficient_funds.
 */
export function createTransfer(books: Books, defaultCurrency: Currency) {
  const operation = transfer(books);
  const make = exactlyOnce(books)(operation);
  const price = dryRun(books)(operation, (draft) => ({
    status: 200,
    message: {
      en: 'This is what the transfer would cost. Nothing was moved.',
      fa: 'هزینهٔ انتقال چنین می‌شود. چیزی جابه‌جا نشد.',
    },
    data: { type: 'transfer', preview: true, ...transferTermsView(draft, draft.merchantId) },
  }));
  return endpoint(
    ({ query }) => (asksForPreview(query) ? 'optional' : 'required'),
    form(defaultCurrency),
    ({ preview, order }, call) => (preview ? price(order, call) : make(order, call)),
  );
}

const asksForPreview = (query: unknown): boolean =>
  z.object({ preview: z.literal('true') }).safeParse(query).success;
