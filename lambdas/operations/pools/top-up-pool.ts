import * as z from 'zod';
import { amountText, inMinorUnits, nothing } from '../../http/fields.ts';
import { endpoint } from '../../http/router.ts';
import type { Books } from '../../ledger/context.ts';
import { poolPk } from '../../ledger/keys.ts';
import { currencyCode, formatAmount } from '../../ledger/money.ts';
import { ROOT, topUpPool } from '../../ledger/rows/pool.ts';
import { exactlyOnce } from '../../ledger/run-operation.ts';
import { type AcceptedTopUp, decideTopUp, type TopUp } from './rule.ts';

const form = z
  .object({
    params: z.object({ currency: currencyCode }),
    query: nothing,
    body: z.strictObject({ amount: amountText }),
  })
  .transform(
    ({ params: { currency }, body: { amount } }, ctx): TopUp => ({
      amount: inMinorUnits(['body', 'amount'], amount, currency, ctx),
      currency,
    }),
  );

/** POST /admin/pools/{currency}/topups: puts money behind the pool; the first makes the pool (CR-1). */
export const topUp = (books: Books) =>
  endpoint(
    'required',
    form,
    exactlyOnce(books)<TopUp, undefined, AcceptedTopUp>({
      name: 'top-up',
      subject: ({ currency }) => poolPk(currency, ROOT),
      read: () => Promise.resolve(undefined),
      decide: (_nothing, order, now) => decideTopUp(order, now),
      writes: ({ transaction: { amount, currency } }, txnId) => [
        topUpPool(books.ledger, currency, amount, { txnId, phase: 'accept' }),
      ],
      reply: ({ txnId, amount, currency, createdAt }) => ({
        status: 201,
        message: { en: 'The pool is topped up.', fa: 'استخر شارژ شد.' },
        data: {
          id: txnId,
          type: 'top_up',
          amount: formatAmount(amount, currency),
          currency,
          created_at: createdAt,
        },
      }),
    }),
  );
