import * as z from 'zod';
import { changeOperation } from '../../http/change-operation.ts';
import { noBody, nothing } from '../../http/fields.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { merchantId } from '../../ledger/merchant-id.ts';
import { currencyCode } from '../../ledger/money.ts';
import { readHoldings } from '../../ledger/rows/wallets.ts';
import { balanceView } from '../wallets/view.ts';
import { decideOpening } from './opening-rule.ts';
import { readReceiver } from './read-receiver.ts';

const input = z
  .object({
    params: z.object({ merchant_id: merchantId, currency: currencyCode }),
    query: nothing,
    body: noBody,
  })
  .transform(({ params }) => ({ merchantId: params.merchant_id, currency: params.currency }));

/**
 * Opens an empty wallet (WA-2). It needs no key: a wallet is opened once, and every repeat finds it open.
 * Refuses: merchant_not_found, merchant_cannot_receive, wallet_closed, too_many_wallets.
 */
export const openWallet = changeOperation({
  name: 'open-wallet',
  route: 'PUT /admin/wallets/{merchant_id}/{currency}',
  access: 'admin',
  grants: ['commit'],
  input,
  subject: (wanted) => merchantPk(wanted.merchantId),
  read: async (ledger, wanted) => ({
    ...(await readReceiver(ledger, wanted.merchantId, wanted.currency)),
    wanted,
  }),
  decide: (facts, { currency }) => decideOpening(facts, currency),
  isDone: ({ wallet }) => wallet !== undefined,
  respond: async ({ wanted: { merchantId: id, currency } }, ledger) => {
    const [wallet] = await readHoldings(ledger, id, { currency });
    return {
      status: 200,
      message: { en: 'The wallet is open.', fa: 'کیف پول باز است.' },
      data: wallet && { merchant_id: id, ...balanceView(wallet) },
    };
  },
  logged: {
    kind: 'money',
    code: 'WALLET_OPENED',
    fields: ({ wanted }) => ({ merchant: wanted.merchantId, currency: wanted.currency }),
  },
});
