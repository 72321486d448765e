import * as z from 'zod';
import { currencyCode } from '../domain/money.ts';
import { failure, success } from '../runtime/answer.ts';
import { endpoint } from '../runtime/http.ts';
import type { Ledger } from '../store/ledger.ts';
import { readWallet, readWallets } from '../store/wallets.ts';
import { nothing } from './fields.ts';
import { walletView } from './views.ts';

/** GET /wallets: the caller's own, one for each currency; a merchant has a handful, so no pages (WA-4). */
export const listWallets = (ledger: Ledger) =>
  endpoint('optional', z.object({ query: nothing }), async (_form, call) => {
    const wallets = await readWallets(ledger, call.caller.sub);
    return success({
      status: 200,
      message: { en: 'Your wallets.', fa: 'کیف پول‌های شما.' },
      data: { items: wallets.map(walletView), next_cursor: null },
    });
  });

/** GET /wallets/{currency}: one of them. Refuses: wallet_not_found. */
export const readOneWallet = (ledger: Ledger) =>
  endpoint(
    'optional',
    z.object({ params: z.object({ currency: currencyCode }), query: nothing }),
    async ({ params }, call) => {
      const wallet = await readWallet(ledger, call.caller.sub, params.currency);
      if (wallet === undefined) return failure('wallet_not_found', call.id);
      return success({
        status: 200,
        message: { en: 'Your wallet.', fa: 'کیف پول شما.' },
        data: walletView(wallet),
      });
    },
  );
