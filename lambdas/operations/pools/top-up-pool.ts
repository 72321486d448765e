import * as z from 'zod';
import { amountText, inMinorUnits, nothing } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import type { Settings } from '../../http/operation.ts';
import { poolPk } from '../../ledger/keys.ts';
import { currencyCode, formatAmount } from '../../ledger/money.ts';
import { ROOT } from '../../ledger/pool/pool.ts';
import { readRoot } from '../../ledger/rows/pool.ts';
import { decideTopUp } from './rule.ts';

const input = ({ poolShards }: Settings) =>
  z
    .object({
      params: z.object({ currency: currencyCode }),
      query: nothing,
      body: z.strictObject({ amount: amountText }),
    })
    .transform(({ params: { currency }, body: { amount } }, ctx) => ({
      amount: inMinorUnits(['body', 'amount'], amount, currency, ctx),
      currency,
      shards: poolShards,
    }));

/** Puts money behind the pool; the first top-up opens it (CR-1). */
export const topUpPool = moneyOperation({
  name: 'top-up',
  type: 'top_up',
  route: 'POST /admin/pools/{currency}/topups',
  access: 'admin',
  secondAdmin: true,
  key: 'required',
  input,
  subject: ({ currency }) => poolPk(currency, ROOT),
  read: (ledger, { currency }) => readRoot(ledger, currency),
  decide: decideTopUp,
  respond: ({ txnId, amount, currency, createdAt }) => ({
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
});
