import { formatAmount } from '../../ledger/money.ts';
import type { Holdings, PendingRelease } from '../../ledger/pending-releases.ts';

/** How many releases a wallet shows; the list of releases has them all. */
export const RELEASES_SHOWN = 20;

export const balanceView = ({ currency, available, pending }: Omit<Holdings, 'releases'>) => ({
  currency,
  available: formatAmount(available, currency),
  pending: formatAmount(pending, currency),
});

/** A wallet with its next releases (WA-4). */
export const walletView = (wallet: Holdings) => ({
  ...balanceView(wallet),
  releases: wallet.releases.map(releaseView),
});

export const releaseView = ({ amount, currency, releaseAt, depositId }: PendingRelease) => ({
  amount: formatAmount(amount, currency),
  release_at: releaseAt,
  deposit_id: depositId,
});
