import pMap from 'p-map';
import type { LedgerContext } from '../ledger/context.ts';
import { releaseMatured } from '../ledger/release.ts';
import { type OwnedRelease, overdueReleases } from '../ledger/rows/next-check.ts';
import { log } from '../platform/logger.ts';

const CONCURRENCY = 16;

/**
 * Releases matured funds into their wallets. Nothing depends on it: they count as available from their
 * time on, and a debit that needs them releases them itself. It keeps what reads and debits add up short.
 */
export async function recoverReleases(ledger: LedgerContext, now: Date): Promise<void> {
  const { rows, failures } = await overdueReleases(ledger, now);
  for (const failure of failures) log('error', 'ROW_UNREADABLE', {}, failure);
  const wallets = Map.groupBy(rows, ({ merchantId, currency }) => `${merchantId}|${currency}`);
  await pMap(
    wallets.values(),
    (releases) =>
      releaseOne(ledger, releases, now).catch((error: unknown) =>
        log('error', 'RECORD_FAILED', { merchant: releases[0]?.merchantId }, error),
      ),
    { concurrency: CONCURRENCY },
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
