/**
 * How many debits a second one pool carries (`npm run bench:pool`). The real operations on the
 * contention model of DynamoDB, in virtual time: figures of a model, not of AWS. Writes the charts in docs/.
 */
import { join } from 'node:path';
import { type PoolLoad, type PoolOutcome, runPoolLoad } from '../../model/pool-load.ts';
import { type Point, writeChart } from './chart.ts';
import { FIGURES, line, percentile } from './report.ts';

const RICH = 10n ** 12n;
/** Published limits of another ledger: docs.moderntreasury.com, "Synchronous Ledger Entry Rate Limiting". */
const MODERN_TREASURY = { account: 20, category: 5 };

/** From 2.00 to 18.00. */
const amount = (random: number): bigint => 200n + BigInt(Math.floor(random * 1_600));
const BASE = { seed: 1, funds: RICH, amount, merchants: 5_000, seconds: 4 };

function figuresOf({ seconds }: PoolLoad, { replies, counts }: PoolOutcome) {
  const accepted = replies.filter(({ status }) => status === 202);
  const inTime = accepted.filter(({ at, ms }) => at + ms <= seconds * 1_000);
  return {
    offered: replies.length / seconds,
    committed: inTime.length / seconds,
    /** By a conflict, a failed condition or throttling. In a rich pool with shards: by a conflict. */
    cancelled: 100 * (1 - counts.committed / counts.transactions),
    commitP99: percentile(
      accepted.map(({ commitMs }) => commitMs),
      0.99,
    ),
    p50: percentile(
      accepted.map(({ ms }) => ms),
      0.5,
    ),
    p99: percentile(
      accepted.map(({ ms }) => ms),
      0.99,
    ),
    busy: replies.filter(({ status }) => status === 503).length,
    refused: replies.filter(({ status }) => status === 402).length,
    falseRefusals: replies.filter(({ isFalse }) => isFalse).length,
    transactions: counts.transactions / Math.max(1, accepted.length),
  };
}

const HEAD = [
  'committed/s',
  'cancelled %',
  'commit p99',
  'p50 ms',
  'p99 ms',
  '503',
  '402',
  'false 402',
  'tx/commit',
];
const show = (name: string, f: ReturnType<typeof figuresOf>): void =>
  line(
    name,
    f.committed,
    f.cancelled,
    f.commitP99,
    f.p50,
    f.p99,
    String(f.busy),
    String(f.refused),
    String(f.falseRefusals),
    f.transactions,
  );

async function measure(name: string, load: PoolLoad): Promise<Point> {
  const figures = figuresOf(load, await runPoolLoad(load));
  show(name, figures);
  return figures;
}

console.log('Figures of the contention model in virtual time, not of AWS.\n');
line('one rich pool, many merchants', ...HEAD);
const shardPoints: Point[] = [];
for (const perSecond of [200, 500, 1_050]) {
  for (const shards of [1, 4, 16, 32, 64, 96]) {
    // Few shards collapse: every request is repeated until its deadline, and a run takes long.
    const seconds = perSecond / shards > 60 ? 2 : BASE.seconds;
    const name = `${perSecond}/s offered, ${shards} shards`;
    const point = await measure(name, { ...BASE, perSecond, shards, seconds });
    shardPoints.push({ ...point, shards, series: `${perSecond}/s offered` });
  }
}
console.log(
  `\nFor comparison, Modern Treasury documents ${MODERN_TREASURY.account} synchronous entries a second for an account,` +
    `\nand ${MODERN_TREASURY.category} transactions a second that lock the balance of a category.\n`,
);

line('a pool that runs dry', ...HEAD);
const drying = { ...BASE, seconds: 12 };
await measure('200/s, 32 shards', { ...drying, shards: 32, perSecond: 200, funds: 1_500_000n });
await measure('500/s, 64 shards', { ...drying, shards: 64, perSecond: 500, funds: 3_000_000n });
await measure('200/s, 32 shards, scarce', {
  ...drying,
  shards: 32,
  perSecond: 200,
  funds: 100_000n,
  topUps: { perSecond: 4, amount: 20_000n },
});

const shards = { field: 'shards', title: 'shards' };
await writeChart(join(FIGURES, 'pool-shards.svg'), shardPoints, shards, [
  { field: 'committed', title: 'committed debits a second' },
  { field: 'cancelled', title: 'cancelled, % of transactions' },
  { field: 'p50', title: 'p50 of a request, ms', scale: 'log' },
  { field: 'p99', title: 'p99 of a request, ms', scale: 'log' },
]);
