import { release } from '../ledger/release.ts';
import { maturedEverywhere, type OwnedTranche } from '../ledger/rows/next-check.ts';
import type { Ledger } from '../ledger/table.ts';
import { inLanes } from '../platform/lanes.ts';
import { log } from '../platform/logger.ts';

/**
 * Folds matured tranches into their wallets. Nothing waits for it: they count as available from their time
 * on, and a debit that needs them folds them itself. It keeps what reads and debits have to add up short.
 */
export async function sweepTranches(ledger: Ledger, now: Date): Promise<void> {
  const { rows, failures } = await maturedEverywhere(ledger, now);
  for (const failure of failures) log('error', 'ROW_UNREADABLE', {}, failure);
  const wallets = Map.groupBy(rows, ({ merchantId, currency }) => `${merchantId}|${currency}`);
  const named = ([first]: readonly OwnedTranche[]) => ({ merchant: first?.merchantId });
  await inLanes([...wallets.values()], named, (part) => releaseOne(ledger, part, now));
}

/** Where another is at the same wallet, the next minute is early enough. */
async function releaseOne(
  ledger: Ledger,
  tranches: readonly OwnedTranche[],
  now: Date,
): Promise<void> {
  const oldestFirst = tranches.toSorted((a, b) => (a.releaseAt < b.releaseAt ? -1 : 1));
  const [first] = oldestFirst;
  if (first === undefined) return;
  const { merchantId, currency } = first;
  const { kind } = await release(ledger, merchantId, currency, oldestFirst, now);
  log('money', 'TRANCHES_RELEASED', { merchant: merchantId, outcome: kind });
}
