import { minor, smaller } from '../money.ts';
import { filling, growing, levelling, type PoolMove, retiring } from './moves.ts';
import { type Pool, type PoolRoot, type PoolShardRow, sumOfRows } from './pool.ts';

/** Rows of one move: the more, the more likely one of them is held by another transaction. */
const MOST_FILLED = 16;
/** New shards of one move: a transaction has 100 rows. */
const MOST_NEW = 90;

/** Of a root, in minor units. */
type Funds = { readonly available: bigint; readonly low: bigint };

/** A shard opens with this much or more, in minor units: enough for some debits before it closes again. */
const worthOpening = ({ low }: Pick<Funds, 'low'>): bigint => (low > 0n ? low * 4n : 1n);

/** Whether the root has enough for at least one shard, and something for itself. */
const canOpen = (root: Funds): boolean => root.available * 2n >= worthOpening(root) * 3n;

/** What tells from the root's row alone whether there is something to do. */
type RootState = Pick<PoolRoot, 'shards' | 'closed' | 'targetShards'> & Funds;

/**
 * Whether a change of the root calls for the rebalancer: another number of shards is wanted, closed shards
 * can open, or a top-up has at least doubled what the root holds. Whatever else is to be levelled waits for
 * the next minute.
 */
export const callsForRebalance = (after: RootState, before: RootState | undefined): boolean =>
  after.shards !== after.targetShards ||
  (after.closed > 0 && canOpen(after)) ||
  (after.shards > 0 && after.available > 0n && after.available >= 2n * (before?.available ?? 0n));

/**
 * The next step towards a level pool, from rows that were just read; undefined where it is level enough.
 * The sums need not be exact: each move asserts what it relies on.
 * @param existing names of all shard rows that exist, those of earlier shards included.
 */
export function nextMove(pool: Pool, existing: ReadonlySet<string>): PoolMove | undefined {
  const { root, shards } = pool;
  if (root.targetShards > root.shards)
    return growing(root, Math.min(root.targetShards, root.shards + MOST_NEW), existing);
  // A row of a new shard may be written an instant after the root that counts it: the next minute goes on.
  if (shards.length < root.shards) return undefined;
  const last = shards.at(-1);
  if (root.targetShards < root.shards && last !== undefined) return retiring(root, last);
  if (shards.length === 0) return undefined;
  return opening(pool) ?? spreading(pool) ?? evening(pool);
}

/** Opens closed shards with equal parts of what the root holds. The root keeps one part. */
function opening({ root, shards }: Pool): PoolMove | undefined {
  const closed = shards.filter(({ open }) => !open);
  if (closed.length === 0 || !canOpen(root)) return undefined;
  const least = worthOpening(root);
  const affordable = root.available / least - 1n;
  const parts = Math.max(1, affordable < closed.length ? Number(affordable) : closed.length);
  const equal = root.available / BigInt(parts + 1);
  // With too little for two full parts, the root keeps less than it gives.
  const amount = minor(equal < least ? least : equal);
  const chosen = closed.slice(0, Math.min(parts, MOST_FILLED));
  return filling(
    root,
    chosen.map((shard) => ({ shard, amount })),
  );
}

/** The mean of all rows, in minor units. */
const meanOf = ({ root, shards }: Pool): bigint =>
  sumOfRows({ root, shards }) / BigInt(shards.length + 1);

const poorestFirst = (a: PoolShardRow, b: PoolShardRow): number =>
  a.available < b.available ? -1 : 1;

/** What the root has beyond its part goes to the poorest open shards, up to the mean. */
function spreading(pool: Pool): PoolMove | undefined {
  const { root, shards } = pool;
  const mean = meanOf(pool);
  let surplus = root.available - mean;
  if (root.available <= 2n * mean || surplus < worthOpening(root)) return undefined;
  const shares = shards
    .filter(({ open, available }) => open && available < mean)
    .toSorted(poorestFirst)
    .slice(0, MOST_FILLED)
    .flatMap((shard) => {
      const lacking = mean - shard.available;
      const amount = minor(smaller(lacking, surplus));
      surplus -= amount;
      return amount > 0n ? [{ shard, amount }] : [];
    });
  return shares.length > 0 ? filling(root, shares) : undefined;
}

/** From the richest shard to the poorest, where one has far more and the other far less than the mean. */
function evening(pool: Pool): PoolMove | undefined {
  const { root, shards } = pool;
  const mean = meanOf(pool);
  const sorted = shards.toSorted(poorestFirst);
  const [poorest, richest] = [sorted.at(0), sorted.at(-1)];
  if (poorest === undefined || richest === undefined || !richest.open) return undefined;
  const [above, below] = [richest.available - mean, mean - poorest.available];
  const amount = minor(smaller(above, below));
  const isUneven = richest.available > 2n * mean && poorest.available * 2n < mean;
  return isUneven && amount >= worthOpening(root)
    ? levelling(root, richest, poorest, amount)
    : undefined;
}
