import type { BusyMerchants, Handover } from '../ledger/busy/busy-merchants.ts';
import type { LedgerContext } from '../ledger/context.ts';
import { releasePosition } from '../ledger/keys.ts';
import { logRelease, releaseMatured, releaseParts } from '../ledger/release.ts';
import { type OwnedRelease, overdueReleases } from '../ledger/rows/next-check.ts';
import { eachOverdue, readable } from './each-overdue.ts';

export type ReleaseDeps = { readonly ledger: LedgerContext; readonly busy: BusyMerchants };

/**
 * Releases matured funds into their wallets. Nothing depends on it: they count as available from their
 * time on, and a debit that needs them releases them itself. It keeps what reads and debits add up short.
 */
export async function recoverReleases(deps: ReleaseDeps, now: Date): Promise<void> {
  const { ledger } = deps;
  const rows = readable(await overdueReleases(ledger, now));
  const wallets = Map.groupBy(rows, ({ merchantId, currency }) => `${merchantId}|${currency}`);
  await eachOverdue(
    wallets.values(),
    ([first]) => ({ merchant: first?.merchantId }),
    (releases) => releaseOne(deps, releases, now),
  );
}

/** Of one wallet in a run: customers' requests wait behind them. */
const MOST_LEFT = 8;

/** Left to the group of a busy merchant, without waiting for that. A lost race is left to the next run. */
async function releaseOne(
  { ledger, busy }: ReleaseDeps,
  releases: readonly OwnedRelease[],
  now: Date,
): Promise<void> {
  const oldestFirst = releases.toSorted((a, b) =>
    releasePosition(a) < releasePosition(b) ? -1 : 1,
  );
  const [first] = oldestFirst;
  if (first === undefined) return;
  const { merchantId, currency } = first;
  const isBusy = (await busy.busyAmong([merchantId])) !== undefined;
  let left = 0;
  for (const part of releaseParts(oldestFirst)) {
    const [oldest = first] = part;
    const from = releasePosition(oldest);
    const handover: Handover = {
      messageFor: (id, deadline) => ({ work: 'release', merchantId: id, currency, from, deadline }),
      deduplicationId: `release|${merchantId}|${currency}|${from}|${now.toISOString()}`,
    };
    if (isBusy && (await busy.send(merchantId, handover))) {
      left += 1;
      if (left === MOST_LEFT) return;
      continue;
    }
    const { kind } = await releaseMatured(ledger, merchantId, currency, part, now);
    logRelease(merchantId, kind);
    if (kind !== 'committed') return;
  }
}
