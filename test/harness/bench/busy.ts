/**
 * How many requests a second one merchant carries (`npm run bench:busy`), by themselves and handed over to a group.
 * The real operations on the contention model of DynamoDB, in virtual time: figures of a model, not of AWS. Writes the
 * chart in docs/. The runs without hand-over repeat each request for 10 s, and take most of the time.
 */
import { join } from 'node:path';
import { type BusyLoad, runBusyLoad } from '../../model/busy-load.ts';
import { type Point, writeChart } from './chart.ts';
import { FIGURES, line, percentile } from './report.ts';

const SECONDS = 60;
const RATES = [5, 10, 20, 40, 80, 120, 200, 360];
const CYCLES = [undefined, 15, 40];

async function measure(name: string, load: Omit<BusyLoad, 'seed' | 'seconds'>): Promise<Point> {
  const { replies, counts, waiting, batches, refunded } = await runBusyLoad({
    seed: 1,
    seconds: SECONDS,
    ...load,
  });
  const accepted = replies.filter(({ status }) => status < 300);
  const times = accepted.map(({ ms }) => ms);
  const inTime = accepted.filter(({ answeredAt }) => answeredAt <= SECONDS * 1_000);
  const figures = {
    offered: replies.length / SECONDS,
    inTime: inTime.length / SECONDS,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    waiting,
    transactions: counts.transactions / Math.max(1, accepted.length + refunded.length),
    units: counts.writeUnits / Math.max(1, accepted.length + refunded.length),
  };
  line(
    name,
    figures.offered,
    figures.inTime,
    figures.p50,
    figures.p99,
    String(replies.length - accepted.length),
    String(waiting),
    figures.transactions,
    figures.units,
    String(batches),
  );
  return figures;
}

const HEAD = ['offered/s', 'in time/s', 'p50 ms', 'p99 ms', '503', 'waiting', 'tx/ok', 'units/ok'];
const nameOf = (cycleMs: number | undefined): string =>
  cycleMs === undefined ? 'by themselves' : `groups, cycle ${cycleMs} ms`;

console.log('Figures of the contention model in virtual time, not of AWS.\n');
line('withdrawals of one merchant', ...HEAD, 'batches');
const points: Point[] = [];
for (const cycleMs of CYCLES) {
  for (const debits of RATES) {
    const series = nameOf(cycleMs);
    const load = { debits, ...(cycleMs !== undefined && { cycleMs }) };
    points.push({ ...(await measure(`${debits}/s, ${series}`, load)), series });
  }
}
console.log('');
line('others on one merchant', ...HEAD, 'batches');
for (const cycleMs of [15, 40]) {
  const series = nameOf(cycleMs);
  await measure(`80 debits, 40 refunds, ${series}`, { debits: 80, refunds: 40, cycleMs });
  await measure(`80 debits, 40 deposits, ${series}`, { debits: 80, deposits: 40, cycleMs });
  await measure(`120 payers, one payee, ${series}`, { transfers: 120, cycleMs });
}

const offered = { field: 'offered', title: 'offered a second' };
await writeChart(join(FIGURES, 'busy-merchant.svg'), points, offered, [
  { field: 'inTime', title: 'answered in time a second' },
  { field: 'p50', title: 'p50 of an answer, ms', scale: 'log' },
  { field: 'p99', title: 'p99 of an answer, ms', scale: 'log' },
  { field: 'waiting', title: 'most requests at a time', scale: 'log' },
  { field: 'transactions', title: 'transactions for each answer', scale: 'log' },
  { field: 'units', title: 'write units for each answer', scale: 'log' },
]);
