import { log } from '../runtime/observe.ts';
import { maturedEverywhere, type OwnedTranche } from '../store/due.ts';
import type { Ledger } from '../store/ledger.ts';
import { release } from '../store/releases.ts';
import { inLanes } from './lanes.ts';

/** Of each of the 16 buckets, in one run; what is left is still due a minute later. */
const MOST_OF_A_BUCKET = 100;

/**
 * Folds matured tranches into their wallets. Nothing waits for it: they count as available from their time
 * on, and a debit that needs them folds them itself. It keeps what reads and debits have to add up short.
 */
export async function sweepTranches(ledger: Ledger, now: Date): Promise<void> {
  const { rows, failures } = await maturedEverywhere(ledger, now, MOST_OF_A_BUCKET);
  for (const failure of failures) log('error', 'ROW_UNREADABLE', {}, failure);
  const wallets = Map.groupBy(rows, ({ merchantId, currency }) => `${merchantId}|${currency}`);
  await inLanes([...wallets.values()], (tranches) => releaseOne(ledger, tranches, now));
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
  try {
    const { kind } = await release(ledger, merchantId, currency, oldestFirst, now);
    log('money', 'TRANCHES_RELEASED', { merchant: merchantId, outcome: kind });
  } catch (error) {
    log('error', 'RECORD_FAILED', { merchant: merchantId }, error);
  }
}
