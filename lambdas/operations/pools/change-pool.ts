import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import { poolPk } from '../../ledger/keys.ts';
import { currencyCode } from '../../ledger/money.ts';
import { MOST_SHARDS, ROOT } from '../../ledger/pool/pool.ts';
import { readRoot } from '../../ledger/rows/pool.ts';
import { decidePoolChange } from './rule.ts';

const input = z
  .object({
    params: z.object({ currency: currencyCode }),
    query: nothing,
    body: z.strictObject({ shards: z.int().min(0).max(MOST_SHARDS) }),
  })
  .transform(({ params: { currency }, body: { shards } }) => ({ currency, shards }));

/** Spreads a pool over more or fewer shards, without a pause (CR-1). Refuses: pool_not_found. */
export const changePool = moneyOperation({
  name: 'pool-change',
  type: 'pool_change',
  route: 'PATCH /admin/pools/{currency}',
  access: 'admin',
  key: 'required',
  input: () => input,
  subject: ({ currency }) => poolPk(currency, ROOT),
  read: (ledger, { currency }) => readRoot(ledger, currency),
  decide: decidePoolChange,
  respond: ({ txnId, currency, shards, createdAt }) => ({
    status: 202,
    message: {
      en: 'The pool is being spread over so many shards.',
      fa: 'استخر در حال توزیع روی این تعداد بخش است.',
    },
    data: {
      id: txnId,
      type: 'pool_change',
      currency,
      target_shards: Number(shards),
      created_at: createdAt,
    },
  }),
});
