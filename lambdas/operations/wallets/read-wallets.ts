import * as z from 'zod';
import { nothing, pageQuery } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { failure, success } from '../../http/response.ts';
import { endpoint } from '../../http/router.ts';
import { RELEASES_SHOWN, releaseView, walletView } from '../../http/views.ts';
import type { Reading } from '../../ledger/context.ts';
import { tranchePlace } from '../../ledger/keys.ts';
import { currencyCode } from '../../ledger/money.ts';
import { upcomingTranches } from '../../ledger/rows/pending-releases.ts';
import { readHoldings } from '../../ledger/rows/wallets.ts';

/** GET /wallets: the caller's own, one for each currency; a merchant has a handful, so no pages (WA-4). */
export const listWallets = ({ ledger, now }: Reading) =>
  endpoint('optional', z.object({ query: nothing }), async (_form, call) => {
    const wanted = { releases: RELEASES_SHOWN };
    const wallets = await readHoldings(ledger, call.caller.sub, now(), wanted);
    return success({
      status: 200,
      message: { en: 'Your wallets.', fa: 'کیف پول‌های شما.' },
      data: { items: wallets.map(walletView), next_cursor: null },
    });
  });

const byCurrency = z.object({ currency: currencyCode });

/** GET /wallets/{currency}: one of them. Refuses: wallet_not_found. */
export const readOneWallet = ({ ledger, now }: Reading) =>
  endpoint(
    'optional',
    z.object({ params: byCurrency, query: nothing }),
    async ({ params: { currency } }, call) => {
      const wanted = { currency, releases: RELEASES_SHOWN };
      const [wallet] = await readHoldings(ledger, call.caller.sub, now(), wanted);
      if (wallet === undefined) return failure('wallet_not_found', call.id);
      return success({
        status: 200,
        message: { en: 'Your wallet.', fa: 'کیف پول شما.' },
        data: walletView(wallet),
      });
    },
  );

/** GET /wallets/{currency}/releases: all that is pending in it, the soonest first (WA-4, AP-6). */
export const listReleases = ({ ledger, now }: Reading) =>
  endpoint(
    'optional',
    z.object({ params: byCurrency, query: z.strictObject(pageQuery) }),
    ({ params: { currency }, query: page }, { id: callId, caller: { sub } }) => {
      const message = {
        en: 'What is pending, the soonest first.',
        fa: 'مبالغ معلق، نزدیک‌ترین نخست.',
      };
      const list = ['releases', sub, currency];
      return listPage({ callId, list, page, message }, async ({ before: after, limit }) => {
        const most = limit + 1;
        const found = await upcomingTranches(ledger, sub, currency, now(), { after, most });
        const shown = found.slice(0, limit);
        const last = shown.at(-1);
        return {
          items: shown.map(releaseView),
          last: found.length > limit && last !== undefined ? tranchePlace(last) : undefined,
        };
      });
    },
  );
