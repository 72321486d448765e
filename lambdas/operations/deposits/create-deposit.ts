import * as z from 'zod';
import { moneyFields, moneyIn, notBefore, nothing } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import type { Settings } from '../../http/operation.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { merchantId } from '../../ledger/merchant-id.ts';
import { formatAmount } from '../../ledger/money.ts';
import { readReceiver } from './read-receiver.ts';
import { decideDeposit } from './rule.ts';

const input = ({ currency: fallback }: Settings) =>
  z
    .object({
      params: z.object({ merchant_id: merchantId }),
      query: nothing,
      body: z.strictObject({
        ...moneyFields(fallback),
        release_at: notBefore.optional(),
      }),
    })
    .transform(({ params, body }, ctx) => ({
      merchantId: params.merchant_id,
      ...moneyIn(body, ctx),
      releaseAt: body.release_at,
    }));

const MESSAGES = {
  available: { en: 'The deposit is in the wallet.', fa: 'مبلغ به کیف پول واریز شد.' },
  pending: {
    en: 'The deposit is pending in the wallet until its release.',
    fa: 'مبلغ تا زمان آزادسازی در کیف پول معلق است.',
  },
};

/**
 * Money from outside into a merchant's wallet, which the first deposit in a currency opens. With a
 * `release_at` ahead it is pending until then (WA-2, WA-3).
 * Refuses: merchant_not_found, merchant_cannot_receive, wallet_closed, too_many_wallets,
 * release_too_far.
 */
export const createDeposit = moneyOperation({
  name: 'deposit',
  type: 'deposit',
  route: 'POST /admin/wallets/{merchant_id}/deposits',
  access: 'admin',
  secondAdmin: true,
  key: 'required',
  handsOver: {},
  input,
  subject: ({ merchantId }) => merchantPk(merchantId),
  read: (ledger, { merchantId, currency }) => readReceiver(ledger, merchantId, currency),
  decide: decideDeposit,
  respond: ({ txnId, merchantId, amount, currency, createdAt, releaseAt }) => ({
    status: 201,
    message: releaseAt === undefined ? MESSAGES.available : MESSAGES.pending,
    data: {
      id: txnId,
      type: 'deposit',
      // As it was when it was accepted. Later views show what has become of it.
      status: releaseAt === undefined ? 'SUCCEEDED' : 'PENDING',
      merchant_id: merchantId,
      amount: formatAmount(amount, currency),
      currency,
      created_at: createdAt,
      ...(releaseAt !== undefined && { release_at: releaseAt }),
    },
  }),
});
