import { type Family, httpFamily } from '../http/router.ts';
import { books } from '../ledger/context.ts';
import { currencyCode } from '../ledger/money.ts';
import { deposit } from '../operations/deposits/create-deposit.ts';
import { listReleases, listWallets, readOneWallet } from '../operations/wallets/read-wallets.ts';
import { moneyEnv, readEnv } from '../platform/env.ts';

const env = readEnv(moneyEnv);
const our = books(env);

export const handler = httpFamily({
  'GET /wallets': listWallets(our),
  'GET /wallets/{currency}': readOneWallet(our),
  'GET /wallets/{currency}/releases': listReleases(our),
  'POST /admin/wallets/{merchant_id}/deposits': deposit(
    our,
    currencyCode.parse(env.DEFAULT_CURRENCY),
  ),
} satisfies Family<'wallets'>);
