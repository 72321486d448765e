import fc from 'fast-check';
import { applyWrites, asStored, nameOf, type Row, type Rows } from '../../lambdas/ledger/apply.ts';
import { type Currency, minor } from '../../lambdas/ledger/money.ts';
import type { PoolMove } from '../../lambdas/ledger/pool/moves.ts';
import {
  type Pool,
  type PoolRoot,
  type PoolShardRow,
  poolRoot,
  poolRowOf,
  poolShardRow,
  ROOT,
  shardNames,
} from '../../lambdas/ledger/pool/pool.ts';
import { post } from '../../lambdas/ledger/post.ts';
import { aPool, USD } from './in-memory-ledger.ts';

/** What a test says of a shard; a number of minor units is an open shard that holds them. */
export type ShardSketch = bigint | 'closed' | Partial<Omit<PoolShardRow, 'shard'>>;

const CLOSED = { open: false, available: minor(0n) };

export const aShard = (shard: string, sketch: ShardSketch): PoolShardRow => ({
  shard,
  currency: USD,
  available: minor(0n),
  lent: minor(0n),
  open: true,
  conflicts: 0n,
  version: 3n,
  by: ['T0:rebalance'],
  ...(typeof sketch === 'bigint' && { available: minor(sketch) }),
  ...(sketch === 'closed' && CLOSED),
  ...(typeof sketch === 'object' && sketch),
});

/** A pool whose root counts its shards, unless a test says otherwise. */
export function poolOf(
  root: bigint,
  shards: readonly ShardSketch[] = [],
  known: Partial<PoolRoot> = {},
): Pool {
  const rows = shards.map((sketch, index) => aShard(String(index), sketch));
  const counts = { shards: rows.length, closed: rows.filter(({ open }) => !open).length };
  return {
    root: { ...aPool(root), ...counts, targetShards: rows.length, ...known },
    shards: rows,
  };
}

const asRow = (value: unknown): Row => value as Row;

/** The rows as they are stored, beside those of shards that are retired. */
export const rowsOfPool = (pool: Pool, retired: readonly PoolShardRow[] = []): Rows =>
  new Map([
    [nameOf(poolRowOf(USD, ROOT)), asRow(asStored(pool.root))],
    ...[...pool.shards, ...retired].map(({ shard, ...row }): [string, Row] => [
      nameOf(poolRowOf(USD, shard)),
      asRow(asStored(row)),
    ]),
  ]);

const rowIn = (rows: Rows, shard: string): Row | undefined =>
  rows.get(nameOf(poolRowOf(USD, shard)));

/** The pool as it would be read from these rows. */
export function poolIn(rows: Rows): Pool {
  const root = poolRoot.parse(rowIn(rows, ROOT));
  const shards = shardNames(root.shards).map((shard) => ({
    ...poolShardRow.parse(rowIn(rows, shard)),
    shard,
  }));
  return { root, shards };
}

/** The names of all shard rows, those of retired shards included. */
export const existingIn = (rows: Rows): ReadonlySet<string> =>
  new Set(shardNames(200).filter((shard) => rowIn(rows, shard) !== undefined));

/** What a move does to these rows. */
export const applyMove = (rows: Rows, { postings, changes }: PoolMove) =>
  applyWrites(rows, post([{ txnId: 'T1', name: 'rebalance', postings, guards: [], changes }]));

/** The rows after a move. @throws where one of its conditions fails. */
export function afterMove(rows: Rows, move: PoolMove): Rows {
  const result = applyMove(rows, move);
  if (result.kind === 'refused') throw new Error(`${JSON.stringify(result.condition.must)} fails`);
  return result.rows;
}

/** What must not change within a pool, over every row that exists. */
export function sumsIn(rows: Rows) {
  const all = [...rows.values()];
  const sum = (attribute: string): bigint =>
    all.reduce((total, row) => total + BigInt(String(row[attribute])), 0n);
  return { available: sum('available'), lent: sum('lent') };
}

/** What the root's row claims of the shards, and is wrong. Empty: it is all true. Cheap: some runs ask after every commit. */
export function falseIn(rows: Rows): readonly string[] {
  const root = rowIn(rows, ROOT);
  const indexed = [...rows].flatMap(([name, row]) =>
    row === root ? [] : [{ name, row, index: Number(name.split('|')[0]?.split('#')[2]) }],
  );
  const count = Number(root?.['shards']);
  const own = indexed.filter(({ index }) => index < count);
  const closed = own.filter(({ row }) => row['open'] === false);
  const retired = indexed.filter(({ index }) => index >= count);
  return [
    ...(own.length === count ? [] : [`${own.length} rows of ${count} shards`]),
    ...(Number(root?.['closed']) === closed.length
      ? []
      : [`${root?.['closed']} closed, not ${closed.length}`]),
    ...closed.flatMap(({ name, row: { available } }) =>
      available === 0n ? [] : [`closed ${name} holds ${available}`],
    ),
    ...retired.flatMap(({ name, row: { open, available, lent } }) =>
      open === false && available === 0n && lent === 0n ? [] : [`retired ${name} is not empty`],
    ),
    ...[...rows].flatMap(([name, { available }]) =>
      BigInt(String(available)) < 0n ? [`${name} has ${available}`] : [],
    ),
  ];
}

const units = (most: bigint) => fc.bigInt({ min: 0n, max: most }).map(minor);
const signed = fc.bigInt({ min: -500n, max: 500n }).map(minor);
const shardSketch = fc.oneof(
  fc.record({ available: units(1_000n), lent: signed }),
  fc.record({ available: units(20n), lent: signed }),
  fc.record({ open: fc.constant(false), lent: signed }),
);

/** Pools as they can be: a closed shard holds nothing, and the root counts it. */
export const pools = (most = 12): fc.Arbitrary<Pool> =>
  fc
    .record({
      shards: fc.array(shardSketch, { maxLength: most }),
      available: units(3_000n),
      lent: signed,
      targetShards: fc.nat({ max: most }),
      low: fc.oneof(fc.constant(minor(0n)), units(60n)),
    })
    .map(({ shards, available, ...root }) => poolOf(available, shards, root));

/** As many retired shards as their rows still exist. */
export const retiredAfter = ({ shards }: Pool, count: number): readonly PoolShardRow[] =>
  Array.from({ length: count }, (_, index) => aShard(String(shards.length + index), 'closed'));

/** The rows of a pool for an engine, under a currency of the test's own. */
export const itemsOf = ({ root, shards }: Pool, currency: Currency) => [
  { pk: `POOL#${currency}#ROOT`, sk: 'POOL', ...root, currency },
  ...shards.map(({ shard, ...row }) => ({
    pk: `POOL#${currency}#${shard}`,
    sk: 'POOL',
    ...row,
    currency,
  })),
];
