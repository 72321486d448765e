import * as z from 'zod';
import { currencyCode } from '../domain/money.ts';
import { failure, success } from '../runtime/answer.ts';
import type { Reading } from '../runtime/books.ts';
import { endpoint } from '../runtime/http.ts';
import { readWallets } from '../store/wallets.ts';
import { nothing } from './fields.ts';
import { walletsView } from './views.ts';

/** GET /wallets: the caller's own, one for each currency; a merchant has a handful, so no pages (WA-4). */
export const listWallets = ({ ledger, now }: Reading) =>
  endpoint('optional', z.object({ query: nothing }), async (_form, call) => {
    const found = await readWallets(ledger, call.caller.sub);
    return success({
      status: 200,
      message: { en: 'Your wallets.', fa: 'کیف پول‌های شما.' },
      data: { items: walletsView(found, now()), next_cursor: null },
    });
  });

/** GET /wallets/{currency}: one of them. Refuses: wallet_not_found. */
export const readOneWallet = ({ ledger, now }: Reading) =>
  endpoint(
    'optional',
    z.object({ params: z.object({ currency: currencyCode }), query: nothing }),
    async ({ params: { currency } }, call) => {
      const found = await readWallets(ledger, call.caller.sub);
      const wallet = walletsView(found, now()).find((each) => each.currency === currency);
      if (wallet === undefined) return failure('wallet_not_found', call.id);
      return success({
        status: 200,
        message: { en: 'Your wallet.', fa: 'کیف پول شما.' },
        data: wallet,
      });
    },
  );
