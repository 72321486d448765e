import * as z from 'zod';
import { parsePercent } from '../domain/fee.ts';
import { failure, success } from '../runtime/answer.ts';
import type { Reading } from '../runtime/books.ts';
import { endpoint } from '../runtime/http.ts';
import { log } from '../runtime/observe.ts';
import { undecided, untilDecided } from '../runtime/retry.ts';
import { commit } from '../store/commit.ts';
import { changeFee, readMerchantBalances } from '../store/merchants.ts';
import { byId, nothing } from './fields.ts';
import { merchantBalancesView } from './views.ts';

const percent = z.string().transform((text, ctx) => {
  const ppm = parsePercent(text);
  if (ppm !== undefined) return ppm;
  ctx.addIssue({ code: 'custom', message: 'fee_malformed', input: text });
  return z.NEVER;
});
const form = z.object({ params: byId, query: nothing, body: z.strictObject({ fee: percent }) });

/**
 * PATCH /admin/merchants/{id}: sets the merchant's fee, in per cent of what it transfers (ID-5). Setting
 * the same again changes nothing, so no key is needed. Refuses: merchant_not_found.
 */
export const changeMerchant = ({ ledger, now }: Reading) =>
  endpoint('optional', form, async ({ params: { id }, body: { fee } }, call) => {
    const result = await untilDecided(async () => {
      const outcome = await commit(ledger.dynamo, [changeFee(ledger, id, fee)]);
      return outcome.kind === 'committed' || outcome.kind === 'refused'
        ? outcome
        : undecided(outcome.kind);
    });
    if (result.kind === 'undecided') return failure('busy', call.id);
    const found = await readMerchantBalances(ledger, id);
    if (found === undefined) return failure('merchant_not_found', call.id);
    log('security', 'MERCHANT_CHANGED', {
      request_id: call.id,
      admin: call.caller.sub,
      merchant: id,
    });
    return success({
      status: 200,
      message: { en: 'The merchant is changed.', fa: 'پذیرنده تغییر کرد.' },
      data: merchantBalancesView(found, now()),
    });
  });
