import * as z from 'zod';
import { nothing, pageQuery } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import { releasePosition } from '../../ledger/keys.ts';
import { currencyCode } from '../../ledger/money.ts';
import { upcomingReleases } from '../../ledger/rows/pending-releases.ts';
import { readHoldings } from '../../ledger/rows/wallets.ts';
import { RELEASES_SHOWN, releaseView, walletView } from './view.ts';

/** The caller's own wallets, one for each currency, on one page (WA-4). */
export const listWallets = operation({
  name: 'list-wallets',
  route: 'GET /wallets',
  access: 'merchant',
  input: () => z.object({ query: nothing }),
  handle: async (_input, { caller }, { ledger }) => {
    const wallets = await readHoldings(ledger, caller.id, { releases: RELEASES_SHOWN });
    return success({
      status: 200,
      message: { en: 'Your wallets.', fa: 'کیف پول‌های شما.' },
      data: { items: wallets.map(walletView), next_cursor: null },
    });
  },
});

const byCurrency = z.object({ currency: currencyCode });

/** One of the caller's wallets. Refuses: wallet_not_found. */
export const readWallet = operation({
  name: 'read-wallet',
  route: 'GET /wallets/{currency}',
  access: 'merchant',
  input: () => z.object({ params: byCurrency, query: nothing }),
  handle: async ({ params: { currency } }, call, { ledger }) => {
    const wanted = { currency, releases: RELEASES_SHOWN };
    const [wallet] = await readHoldings(ledger, call.caller.id, wanted);
    if (wallet === undefined) return failure('wallet_not_found', call.id);
    return success({
      status: 200,
      message: { en: 'Your wallet.', fa: 'کیف پول شما.' },
      data: walletView(wallet),
    });
  },
});

const releasesInput = z.object({ params: byCurrency, query: z.strictObject(pageQuery) });

/** Everything that is pending in one wallet, the soonest first (WA-4, AP-6). */
export const listReleases = operation({
  name: 'list-releases',
  route: 'GET /wallets/{currency}/releases',
  access: 'merchant',
  input: () => releasesInput,
  handle: (
    { params: { currency }, query: page },
    { id: callId, caller: { id: merchantId } },
    { ledger },
  ) => {
    const message = {
      en: 'Pending releases, the soonest first.',
      fa: 'مبالغ معلق، نزدیک‌ترین نخست.',
    };
    const list = ['releases', merchantId, currency];
    return listPage({ callId, list, page, message }, async ({ before: after, limit }) => {
      const wanted = { after, most: limit + 1 };
      const found = await upcomingReleases(ledger, merchantId, currency, ledger.now(), wanted);
      const shown = found.slice(0, limit);
      const last = shown.at(-1);
      return {
        items: shown.map(releaseView),
        last: found.length > limit && last !== undefined ? releasePosition(last) : undefined,
      };
    });
  },
});
