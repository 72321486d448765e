import { type Currency, formatAmount, type MinorUnits, minor } from '../../ledger/money.ts';
import { type Pool, ROOT } from '../../ledger/pool/pool.ts';

type Row = { readonly version: bigint; readonly conflicts: bigint };

const heatOf = ({ version, conflicts }: Row): bigint => version + conflicts;
const sumOf = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((sum, amount) => sum + amount, 0n);

/** Of all that was tried on these rows, what met another transaction: in per cent, with two decimals. */
function conflictRate(rows: readonly Row[]): string {
  const [conflicts, all] = [sumOf(rows.map((row) => row.conflicts)), sumOf(rows.map(heatOf))];
  const hundredths = all === 0n ? 0n : (conflicts * 10_000n) / all;
  return `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`;
}

export type ReadPool = {
  readonly pool: Pool;
  /** Whether its rows are of one moment. */
  readonly isExact: boolean;
};

/** A pool as admins see it. Changes and conflicts are counted since each row exists. */
export function poolView(currency: Currency, read: ReadPool | undefined, inFlight: MinorUnits) {
  const { root, shards = [] } = read?.pool ?? {};
  const rows = root === undefined ? [] : [{ ...root, shard: ROOT }, ...shards];
  const text = (amounts: readonly bigint[]) => formatAmount(minor(sumOf(amounts)), currency);
  const [hottest] = rows.toSorted((a, b) => (heatOf(a) < heatOf(b) ? 1 : -1));
  return {
    currency,
    available: text(rows.map(({ available }) => available)),
    exact: read === undefined || read.isExact,
    lent: text(rows.map(({ lent }) => lent)),
    in_flight: formatAmount(inFlight, currency),
    shards: shards.length,
    target_shards: root === undefined ? 0 : root.targetShards,
    open_shards: shards.filter(({ open }) => open).length,
    hottest:
      hottest === undefined
        ? null
        : {
            shard: hottest.shard,
            changes: Number(hottest.version),
            conflicts: Number(hottest.conflicts),
          },
    conflict_rate: conflictRate(rows),
  };
}
