import * as z from 'zod';
import { amountText, byMerchantId, inMinorUnits, nothing } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { type Currency, currencyCode, parseUnits } from '../../ledger/money.ts';
import { readCredit, readMerchant } from '../../ledger/rows/merchants.ts';
import { readWallet } from '../../ledger/rows/wallets.ts';
import { decideLimit, type LimitFacts } from '../credit/limit-rule.ts';
import { limitChangeView } from '../credit/view.ts';

const input = z
  .object({
    params: byMerchantId.extend({ currency: currencyCode }),
    query: nothing,
    body: z.strictObject({ limit: amountText }),
  })
  .transform(({ params: { id, currency }, body: { limit } }, ctx) => ({
    merchantId: id,
    currency,
    limit: inMinorUnits(['body', 'limit'], limit, currency, ctx, parseUnits),
  }));

/** Everything that a limit is decided on. */
export async function readLimitFacts(
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
): Promise<LimitFacts> {
  const [merchant, line, wallet] = await Promise.all([
    readMerchant(ledger, merchantId),
    readCredit(ledger, merchantId, currency),
    readWallet(ledger, merchantId, currency),
  ]);
  return { merchant, line, wallet };
}

/**
 * Sets a merchant's credit limit in one currency (CR-3).
 * Refuses: merchant_not_found, merchant_cannot_have_credit; wallet_closed, too_many_wallets.
 */
export const setLimit = moneyOperation({
  name: 'credit-limit',
  type: 'limit_change',
  route: 'PUT /admin/merchants/{id}/credit/{currency}',
  access: 'admin',
  secondAdmin: true,
  key: 'required',
  input: () => input,
  subject: ({ merchantId }) => merchantPk(merchantId),
  read: (ledger, { merchantId, currency }) => readLimitFacts(ledger, merchantId, currency),
  decide: decideLimit,
  respond: (transaction) => ({
    status: 200,
    message: { en: 'The credit limit is set.', fa: 'سقف اعتبار تعیین شد.' },
    data: limitChangeView(transaction),
  }),
});
