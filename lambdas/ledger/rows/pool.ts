import type { LedgerContext } from '../context.ts';
import { poolKey } from '../keys.ts';
import type { Currency, MinorUnits } from '../money.ts';
import { cannotPay, firstChoice, planDebit } from '../pool/choice.ts';
import type { PoolHints } from '../pool/hints.ts';
import {
  type Pool,
  type PoolOffer,
  type PoolRoot,
  type PoolShardRow,
  type PoolShare,
  poolRoot,
  poolShardRow,
  ROOT,
  type SmallShard,
  shardNames,
  sumOfRows,
} from '../pool/pool.ts';
import { snapshotOf } from '../snapshot.ts';
import { getRow } from '../table.ts';

export const readRoot = async (
  ledger: LedgerContext,
  currency: Currency,
): Promise<PoolRoot | undefined> => {
  const root = await getRow(ledger, poolKey(currency, ROOT), poolRoot);
  if (root !== undefined) ledger.pools.of(currency).sawRoot(root);
  return root;
};

async function readShard(
  ledger: LedgerContext,
  currency: Currency,
  shard: string,
): Promise<PoolShardRow | undefined> {
  const row = await getRow(ledger, poolKey(currency, shard), poolShardRow);
  if (row === undefined) return undefined;
  const found = { ...row, shard };
  ledger.pools.of(currency).sawShard(found);
  return found;
}

/** The shards that exist under these names, in the same order. */
export async function readShards(
  ledger: LedgerContext,
  currency: Currency,
  names: readonly string[],
): Promise<readonly PoolShardRow[]> {
  const rows = await Promise.all(names.map((name) => readShard(ledger, currency, name)));
  return rows.filter((row) => row !== undefined);
}

/** Every row, each read strongly; together they are no snapshot. Undefined before the first top-up. */
export async function readPool(
  ledger: LedgerContext,
  currency: Currency,
): Promise<Pool | undefined> {
  const expected = ledger.pools.of(currency).shards;
  const [root, shards] = await Promise.all([
    readRoot(ledger, currency),
    readShards(ledger, currency, shardNames(expected ?? 0)),
  ]);
  if (root === undefined) return undefined;
  if (root.shards === expected) return { root, shards };
  return { root, shards: await readShards(ledger, currency, shardNames(root.shards)) };
}

/** Every row at one moment; undefined where one was being written, which is usual in a busy pool. */
export async function snapshotPool(
  ledger: LedgerContext,
  currency: Currency,
  shards: number,
): Promise<Pool | undefined> {
  const names = [ROOT, ...shardNames(shards)];
  const rows = await snapshotOf(
    ledger,
    names.map((name) => poolKey(currency, name)),
  );
  if (rows === undefined) return undefined;
  const [first, ...rest] = rows;
  const root = poolRoot.parse(first);
  // The shards that were asked for are not all the shards there are.
  if (root.shards !== shards) return undefined;
  return {
    root,
    shards: rest.map((row, index) => ({ ...poolShardRow.parse(row), shard: String(index) })),
  };
}

/** The names of those shards that are open. */
export async function openAmong(
  ledger: LedgerContext,
  currency: Currency,
  shares: readonly PoolShare[],
): Promise<ReadonlySet<string>> {
  const names = shares.map(({ shard }) => shard).filter((shard) => shard !== ROOT);
  const rows = await readShards(ledger, currency, names);
  return new Set(rows.filter(({ open }) => open).map(({ shard }) => shard));
}

const SHORT: PoolOffer = { kind: 'short' };

/**
 * Which rows of the pool can pay `amount` minor units, or the exact knowledge that the pool as a whole cannot
 * (design, section 5). An offer is no promise: the debit's own conditions decide, and a lost race asks again.
 * It writes nothing: a request that is refused or replayed moves no money within the pool.
 * @param isWanted whether nothing refuses the debit before the pool does. Only then every row is looked at.
 * @returns `retry` where neither is known: rows moved while they were read, or a shard has to close first.
 */
export async function offerOf(
  ledger: LedgerContext,
  currency: Currency,
  amount: MinorUnits,
  isWanted: () => Promise<boolean>,
): Promise<PoolOffer> {
  if (ledger.offer !== undefined) return ledger.offer(currency, amount);
  const hints = ledger.pools.of(currency);
  if (hints.shards === undefined) {
    const root = await readRoot(ledger, currency);
    if (root === undefined || cannotPay({ root }, amount)) return SHORT;
  }
  const first = firstChoice(hints.knowledge(hints.shards ?? 0), amount);
  let small: SmallShard | undefined;
  if (first === ROOT) {
    const root = await readRoot(ledger, currency);
    if (root === undefined || cannotPay({ root }, amount)) return SHORT;
    if (root.available >= amount) return offered(hints, [{ shard: ROOT, amount }]);
  } else {
    const shard = await readShard(ledger, currency, first);
    if (shard?.open === true && shard.available >= amount)
      return offered(hints, [{ shard: first, amount }]);
    if (shard?.open === true && shard.available < hints.low) small = { shard, low: hints.low };
  }
  if (!(await isWanted())) return { kind: 'retry' };
  return { ...(small && { small }), ...(await fromAll(ledger, currency, amount)) };
}

const offered = (hints: PoolHints, shares: readonly PoolShare[]): PoolOffer => ({
  kind: 'shares',
  shares: hints.counted(shares),
});

/** Looks at every row. If they have too little together, only a snapshot can prove it. */
async function fromAll(
  ledger: LedgerContext,
  currency: Currency,
  amount: MinorUnits,
): Promise<PoolOffer> {
  const pool = await readPool(ledger, currency);
  if (pool === undefined) return SHORT;
  const hints = ledger.pools.of(currency);
  const plan = planDebit(pool, amount, hints.low, hints.knowledge(pool.root.shards));
  switch (plan.kind) {
    case 'shares':
      return offered(hints, plan.shares);
    case 'short':
      return SHORT;
    case 'close':
      return { kind: 'retry', small: { shard: plan.shard, low: hints.low } };
    case 'confirm': {
      const snapshot = await snapshotPool(ledger, currency, pool.root.shards);
      return snapshot !== undefined && sumOfRows(snapshot) < amount ? SHORT : { kind: 'retry' };
    }
  }
}
