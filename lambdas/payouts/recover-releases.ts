import type { LedgerContext } from '../ledger/context.ts';
import { releaseMatured } from '../ledger/release.ts';
import { type OwnedRelease, overdueReleases } from '../ledger/rows/next-check.ts';
import { log } from '../platform/logger.ts';
import { eachOverdue, readable } from './each-overdue.ts';

/**
 * Releases matured funds into their wallets. Nothing depends on it: they count as available from their
 * time on, and a debit that needs them releases them itself. It keeps what reads and debits add up short.
 */
export async function recoverReleases(ledger: LedgerContext, now: Date): Promise<void> {
  const rows = readable(await overdueReleases(ledger, now));
  const wallets = Map.groupBy(rows, ({ merchantId, currency }) => `${merchantId}|${currency}`);
  await eachOverdue(
    wallets.values(),
    ([first]) => ({ merchant: first?.merchantId }),
    (releases) => releaseOne(ledger, releases, now),
  );
}

/** A lost race is left to the next run. */
async function releaseOne(
  ledger: LedgerContext,
  releases: readonly OwnedRelease[],
  now: Date,
): Promise<void> {
  const oldestFirst = releases.toSorted((a, b) => (a.releaseAt < b.releaseAt ? -1 : 1));
  const [first] = oldestFirst;
  if (first === undefined) return;
  const { merchantId, currency } = first;
  const { kind } = await releaseMatured(ledger, merchantId, currency, oldestFirst, now);
  log('money', 'FUNDS_RELEASED', { merchant: merchantId, outcome: kind });
}
