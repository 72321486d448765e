import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import { releaseAhead } from '../../ledger/release.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { readOwn } from '../../ledger/rows/own-rows.ts';
import { readWallet, readWalletFunds } from '../../ledger/rows/wallets.ts';
import { decideConversion } from './conversion-rule.ts';
import { quoteRow } from './quote-rule.ts';
import { conversionView } from './view.ts';

const input = z
  .object({
    query: nothing,
    body: z.strictObject({ quote_id: z.string().regex(/^[\w-]{1,64}$/, 'invalid') }),
  })
  .transform(({ body }) => ({ quoteId: body.quote_id }));

/**
 * Converts at a quote, in the caller's own wallets (WA-7). It counts towards no limit: the money stays the merchant's.
 * Refuses: not_a_merchant, merchant_not_approved, merchant_suspended, merchant_archived; quote_not_found, quote_used,
 * quote_expired; wallet_closed, too_many_wallets; wallet_not_found, insufficient_funds.
 */
export const convert = moneyOperation({
  name: 'conversion',
  type: 'conversion',
  route: 'POST /conversions',
  access: 'merchant',
  key: 'required',
  handsOver: {},
  input: () => input,
  read: async (ledger, { quoteId }, { id }, now) => {
    const [merchant, quote] = await Promise.all([
      readMerchant(ledger, id),
      readOwn(ledger, id, 'QUOTE', quoteId, quoteRow),
    ]);
    if (quote === undefined) return { merchant, quoted: undefined };
    const [funds, target] = await Promise.all([
      readWalletFunds(ledger, id, quote.from, quote.give, now),
      readWallet(ledger, id, quote.to),
    ]);
    return { merchant, quoted: { quote, funds, target } };
  },
  prepare: async (ledger, { merchant, quoted }, _input, now) =>
    merchant !== undefined &&
    quoted !== undefined &&
    releaseAhead(ledger, merchant.id, quoted.quote.from, quoted.funds, quoted.quote.give, now),
  decide: (facts, _input, now, txnId) => decideConversion(facts, now, txnId),
  respond: (transaction) => ({
    status: 201,
    message: { en: 'The conversion is made.', fa: 'تبدیل انجام شد.' },
    data: conversionView(transaction),
  }),
});
