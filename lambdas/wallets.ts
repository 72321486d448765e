import { deposit } from './api/deposit.ts';
import { listReleases, listWallets, readOneWallet } from './api/read-wallets.ts';
import { currencyCode } from './domain/money.ts';
import { books } from './runtime/books.ts';
import { moneyEnv, readEnv } from './runtime/env.ts';
import { type Family, httpFamily } from './runtime/http.ts';

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
