import { ulid } from 'ulid';
import * as z from 'zod';
import { amountText, inMinorUnits, nothing } from '../../http/fields.ts';
import { type ApiContext, operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import { currencyCode } from '../../ledger/money.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { readOwn } from '../../ledger/rows/own-rows.ts';
import { runChange } from '../../ledger/run-change.ts';
import { log } from '../../platform/logger.ts';
import { decideQuote, putQuote, quoteRow, SIDES } from './quote-rule.ts';
import type { WithRates } from './rates.ts';
import { quoteView } from './view.ts';

const input = z
  .object({
    query: nothing,
    body: z.strictObject({
      from: currencyCode,
      to: currencyCode,
      amount: amountText,
      side: z.enum(SIDES),
    }),
  })
  .transform(({ body: { from, to, side, amount: text } }, ctx) => {
    if (from === to)
      ctx.addIssue({ code: 'custom', path: ['body', 'to'], message: 'same_currency', input: to });
    const currency = side === 'sell' ? from : to;
    return { from, to, side, amount: inMinorUnits(['body', 'amount'], text, currency, ctx) };
  });

/**
 * What a conversion would give and bring, valid for 30 seconds (WA-7). It moves no money and needs no key: a repeat is
 * another quote. The rate is asked for before the ledger is read.
 * Refuses: not_a_merchant, merchant_not_approved, merchant_suspended, merchant_archived; pair_not_supported,
 * rates_unavailable; amount_not_convertible.
 */
export const createQuote = operation({
  name: 'quote',
  route: 'POST /conversions/quotes',
  access: 'merchant',
  grants: ['commit'],
  input: () => input,
  handle: async (order, call, { ledger, rates, settings }: ApiContext & WithRates) => {
    const merchantId = call.caller.id;
    const rate = await rates(order.from, order.to);
    const terms = { id: ulid(ledger.now().getTime()), spreadPpm: settings.spreadPpm };
    const result = await runChange(ledger, {
      read: async () => {
        const [merchant, quote] = await Promise.all([
          readMerchant(ledger, merchantId),
          readOwn(ledger, merchantId, 'QUOTE', terms.id, quoteRow),
        ]);
        return { merchant, quote };
      },
      decide: ({ merchant }, now) => {
        const decided = decideQuote({ merchant, rate }, order, terms, now);
        return 'kind' in decided
          ? decided
          : { kind: 'accepted', changes: [putQuote(merchantId, decided)] };
      },
      isDone: ({ quote }) => quote !== undefined,
      // A quote is created once, and its use does not hide it.
      versionOf: () => undefined,
      committed: () => log('access', 'CONVERSION_QUOTED', { request_id: call.id, quote: terms.id }),
    });
    if (result.kind === 'undecided') return failure('busy', call.id, result);
    if (result.kind === 'refused') return failure(result, call.id);
    const { quote } = result.facts;
    if (quote === undefined) throw new Error('a quote that was stored is gone');
    return success({
      status: 201,
      message: {
        en: 'The quote is valid for 30 seconds. Nothing was moved.',
        fa: 'این پیش‌فاکتور ۳۰ ثانیه معتبر است. چیزی جابه‌جا نشد.',
      },
      data: quoteView(quote),
    });
  },
});
