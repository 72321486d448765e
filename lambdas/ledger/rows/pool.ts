import type { PoolOffer } from '../../operations/withdrawals/rule.ts';
import { type PoolRow, type PoolShare, poolRow } from '../balances.ts';
import type { LabelledWrite } from '../commit.ts';
import { poolKey } from '../keys.ts';
import { type Currency, type MinorUnits, minor } from '../money.ts';
import { getRow, type Ledger } from '../table.ts';
import { addToBalance, type Change } from './balance-writes.ts';

/** The pool is its root row alone for now; only this file knows. */
export const ROOT = 'ROOT';

const readRoot = (ledger: Ledger, currency: Currency): Promise<PoolRow | undefined> =>
  getRow(ledger, poolKey(currency, ROOT), poolRow);

/**
 * Which shares can pay `amount`, or the exact knowledge that the pool as a whole cannot. An offer is
 * no promise: the debit's own condition decides, and a lost one asks again.
 */
export async function findShares(
  ledger: Ledger,
  currency: Currency,
  amount: MinorUnits,
): Promise<PoolOffer> {
  const root = await readRoot(ledger, currency);
  if (root === undefined || root.available < amount) return { kind: 'short' };
  return { kind: 'shares', shares: [{ shard: ROOT, amount }] };
}

export type PoolTotals = { readonly available: MinorUnits; readonly lent: MinorUnits };

/** What the pool can still lend and what merchants owe it; undefined for a pool nobody has topped up. */
export async function poolTotals(
  ledger: Ledger,
  currency: Currency,
): Promise<PoolTotals | undefined> {
  const root = await readRoot(ledger, currency);
  return root && { available: root.available, lent: root.lent };
}

/** Takes `shares` out of the pool and counts them as lent. */
export const lendFromPool = (
  ledger: Ledger,
  currency: Currency,
  shares: readonly PoolShare[],
  change: Change,
): readonly LabelledWrite[] =>
  shares.map(({ shard, amount }) =>
    addToBalance(
      ledger,
      {
        label: 'pool',
        key: poolKey(currency, shard),
        add: { available: -amount, lent: amount },
        condition: 'available >= :amount',
        values: { ':amount': amount },
      },
      change,
    ),
  );

/** Gives `amount` of what was lent back to the shares it came from, the first share first. */
export function returnToPool(
  ledger: Ledger,
  currency: Currency,
  shares: readonly PoolShare[],
  amount: MinorUnits,
  change: Change,
): readonly LabelledWrite[] {
  let rest: bigint = amount;
  return shares.flatMap((share) => {
    const part = share.amount < rest ? share.amount : minor(rest);
    rest -= part;
    if (part === 0n) return [];
    return addToBalance(
      ledger,
      {
        label: 'pool',
        key: poolKey(currency, share.shard),
        add: { available: part, lent: -part },
        condition: 'attribute_exists(pk)',
      },
      change,
    );
  });
}

/** Adds the owner's money to the root; the first top-up of a currency creates its pool. */
export const topUpPool = (
  { table }: Ledger,
  currency: Currency,
  amount: MinorUnits,
  { txnId, phase }: Change,
): LabelledWrite => ({
  label: 'pool',
  write: {
    Update: {
      TableName: table,
      Key: poolKey(currency, ROOT),
      UpdateExpression:
        'SET available = if_not_exists(available, :zero) + :amount, lent = if_not_exists(lent, :zero), ' +
        'closed = if_not_exists(closed, :zero), shards = if_not_exists(shards, :zero), currency = :currency, ' +
        'seq = if_not_exists(seq, :zero) + :one, txn = :txn, phase = :phase',
      ExpressionAttributeValues: {
        ':zero': 0n,
        ':amount': amount,
        ':currency': currency,
        ':one': 1n,
        ':txn': txnId,
        ':phase': phase,
      },
    },
  },
});
