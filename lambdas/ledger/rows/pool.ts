import { type PoolOffer, type PoolRow, poolRow, ROOT, toRoot } from '../balances.ts';
import type { LedgerContext } from '../context.ts';
import { poolKey } from '../keys.ts';
import type { Currency, MinorUnits } from '../money.ts';
import { getRow } from '../table.ts';

/** The pool's root row; undefined before the first top-up. The pool is its root alone for now. */
export const readPool = (ledger: LedgerContext, currency: Currency): Promise<PoolRow | undefined> =>
  getRow(ledger, poolKey(currency, ROOT), poolRow);

/**
 * Which rows of the pool can pay `amount` minor units, or the exact knowledge that the pool as a whole
 * cannot. An offer is no promise: the debit's own condition decides, and a lost race asks again.
 */
export async function offerOf(
  ledger: LedgerContext,
  currency: Currency,
  amount: MinorUnits,
): Promise<PoolOffer> {
  const root = await readPool(ledger, currency);
  if (root === undefined || root.available < amount) return { kind: 'short' };
  return { kind: 'shares', shares: toRoot(amount) };
}
