import * as z from 'zod';
import { operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import { merchantPk, poolPk } from '../../ledger/keys.ts';
import { looksLikeMerchantId, merchantId } from '../../ledger/merchant-id.ts';
import { currencyCode } from '../../ledger/money.ts';
import { ROOT } from '../../ledger/pool/pool.ts';
import { outcomeOf, refusalResponse } from './by-key.ts';
import { adminTransactionView } from './view.ts';

/** The partition of a merchant or of a pool. */
const subject = z.string().transform((text, ctx) => {
  if (looksLikeMerchantId(text)) return merchantPk(merchantId.parse(text));
  const currency = currencyCode.safeParse(text);
  if (currency.success) return poolPk(currency.data, ROOT);
  ctx.addIssue({ code: 'custom', message: 'subject_malformed', input: text });
  return z.NEVER;
});

/**
 * What became of an admin's own request, from its key: accepted, proposed or refused. The subject is a part of a
 * transaction's id. Refuses: transaction_not_found, and invalid_request where the request named another subject.
 */
export const readOwnTransactionByKey = operation({
  name: 'read-own-transaction-by-key',
  route: 'GET /admin/transactions/by-key/{key}',
  access: 'admin',
  grants: ['read-responses'],
  input: ({ operationsByKey }) =>
    z.object({
      params: z.object({ key: z.string().min(1).max(128) }),
      query: z.strictObject({ operation: z.enum(operationsByKey.admin), subject }),
    }),
  handle: async ({ params: { key }, query }, { id, caller }, context) => {
    const { operation: name, subject: pk } = query;
    const outcome = await outcomeOf(context, caller.name, name, key, pk);
    switch (outcome.kind) {
      case 'accepted':
        return success({
          status: 200,
          message: { en: 'The transaction.', fa: 'تراکنش.' },
          data: adminTransactionView(outcome.transaction, context.ledger.now()),
        });
      case 'refused':
        return refusalResponse(name, outcome.problem);
      case 'elsewhere':
        return failure('invalid_request', id, {
          errors: [{ field: 'subject', reason: 'subject_differs' }],
        });
      case 'unknown':
        return failure('transaction_not_found', id);
    }
  },
});
