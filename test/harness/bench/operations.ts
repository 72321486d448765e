/**
 * What an operation costs beside its reads and writes, and what one busy merchant costs beside many
 * (`npm run bench:operations`). Figures of a local engine, not of AWS: read the ratios within one run.
 */
import pMap from 'p-map';
import type { RouteName } from '../../../lambdas/operations/index.ts';
import { documentClient } from '../../../lambdas/platform/clients.ts';
import { type Harness, type Request, startHarness } from '../harness.ts';
import {
  addUnits,
  type Recording,
  recordCommands,
  recorded,
  replay,
  type Units,
} from './recorder.ts';

const MERCHANTS = 64;
const REQUESTS = 960;
const CALLERS = 16;

type Scenario = {
  readonly name: string;
  readonly route: RouteName;
  /** The nth request, of one of the merchants. */
  readonly request: (merchants: readonly string[], index: number) => Request;
};

const at = (merchants: readonly string[], index: number): string =>
  merchants[index % merchants.length] as string;
const body = { amount: '1.00' };
const laterBody = { ...body, execute_at: '2026-11-21T12:00:00Z' };

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'withdrawal from credit',
    route: 'POST /withdrawals',
    request: (merchants, index) => ({ as: at(merchants, index), key: `c${index}`, body }),
  },
  {
    name: 'withdrawal from wallet',
    route: 'POST /withdrawals',
    request: (merchants, index) => ({
      as: at(merchants, index),
      key: `w${index}`,
      body: { ...body, source: 'wallet' },
    }),
  },
  {
    name: 'withdrawal at a time',
    route: 'POST /withdrawals',
    request: (merchants, index) => ({
      as: at(merchants, index),
      key: `l${index}`,
      body: laterBody,
    }),
  },
  {
    name: 'transfer',
    route: 'POST /transfers',
    request: (merchants, index) => ({
      as: at(merchants, index),
      key: `t${index}`,
      body: { ...body, to: at(merchants, index + 1) },
    }),
  },
  {
    name: 'deposit',
    route: 'POST /admin/wallets/{merchant_id}/deposits',
    request: (merchants, index) => ({
      admin: true,
      key: `d${index}`,
      params: { merchant_id: at(merchants, index) },
      body,
    }),
  },
];

type Measured = {
  readonly rate: number;
  readonly p99: number;
  /** Responses by status, at the first try. */
  readonly statuses: Readonly<Record<number, number>>;
};

async function measure(
  total: number,
  callers: number,
  run: (index: number) => Promise<number>,
): Promise<Measured> {
  const latencies: number[] = [];
  const statuses: Record<number, number> = {};
  const started = performance.now();
  await pMap(
    Array.from({ length: total }, (_, index) => index),
    async (index) => {
      const from = performance.now();
      const status = await run(index);
      latencies.push(performance.now() - from);
      statuses[status] = (statuses[status] ?? 0) + 1;
    },
    { concurrency: callers },
  );
  const seconds = (performance.now() - started) / 1_000;
  const sorted = latencies.toSorted((a, b) => a - b);
  return { rate: total / seconds, p99: sorted[Math.floor(total * 0.99)] ?? 0, statuses };
}

type Prepared = {
  readonly harness: Harness;
  readonly merchants: readonly string[];
  readonly setup: readonly Recording[];
};

/** Merchants with credit, money and running counters. What it sent is returned, to prepare another engine. */
async function prepare(count: number, credit = '100000.00'): Promise<Prepared> {
  const harness = await startHarness(1, undefined, { secondAdminAbove: {} });
  recordCommands(harness.context.ledger.dynamo);
  recordCommands(harness.faultless);
  const setup: Recording[] = [];
  const step = async (run: () => Promise<unknown>): Promise<void> => {
    setup.push(await recorded(run));
  };
  const merchants: string[] = [];
  await step(() => harness.fillPool('100000000.00'));
  for (let index = 0; index < count; index += 1) {
    await step(async () => merchants.push(await harness.merchant(credit)));
    const id = at(merchants, index);
    await step(() => harness.deposit(id, { amount: '100000.00' }));
  }
  for (const [index, as] of merchants.entries()) {
    const to = at(merchants, index + 1);
    await step(() => harness.call('POST /withdrawals', { as, key: 'first', body }));
    if (to !== as)
      await step(() =>
        harness.call('POST /transfers', { as, key: 'first', body: { ...body, to } }),
      );
  }
  return { harness, merchants, setup };
}

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
const line = (name: string, ...cells: readonly string[]): void =>
  console.log([name.padEnd(26), ...cells.map((cell) => cell.padStart(12))].join(''));

/** Each operation against a loop that only sends the same reads and writes to the same kind of engine. */
async function againstBareLoop({ name, route, request }: Scenario): Promise<void> {
  const { harness, merchants, setup } = await prepare(MERCHANTS);
  const recordings: Recording[] = [];
  const measured = await measure(REQUESTS, CALLERS, async (index) => {
    let status = 0;
    recordings.push(
      await recorded(async () => {
        ({ status } = await harness.call(route, request(merchants, index)));
      }),
    );
    return status;
  });
  harness.close();

  const bare = await startHarness();
  const client = documentClient(bare.engine.client());
  for (const each of setup) await replay(client, each);
  const loop = await measure(recordings.length, CALLERS, async (index) => {
    await replay(client, recordings[index] as Recording);
    return 0;
  });
  client.destroy();
  bare.close();

  const units = recordings.map((each) => each.units).reduce(addUnits);
  const each = (key: keyof Units): string => (units[key] / recordings.length).toFixed(1);
  line(
    name,
    `${measured.rate.toFixed(0)}/s`,
    `${loop.rate.toFixed(0)}/s`,
    percent(measured.rate / loop.rate),
    each('read'),
    each('write'),
    each('index'),
    JSON.stringify(measured.statuses).padStart(16),
  );
}

/** One merchant against many, in the same run, every response at the first try. */
async function busyMerchant(callers: number): Promise<void> {
  const [scenario] = SCENARIOS;
  if (scenario === undefined) throw new Error('no scenario');
  const rates: number[] = [];
  for (const count of [MERCHANTS, 1]) {
    const { harness, merchants } = await prepare(count);
    const { rate, p99, statuses } = await measure(REQUESTS, callers, async (index) => {
      const { status } = await harness.call(scenario.route, scenario.request(merchants, index));
      return status;
    });
    rates.push(rate);
    line(
      `${callers} callers, ${count} merchants`,
      `${rate.toFixed(0)}/s`,
      `p99 ${p99.toFixed(0)} ms`,
      rates.length === 2 ? percent(rate / (rates[0] as number)) : '',
      JSON.stringify(statuses).padStart(16),
    );
    harness.close();
  }
}

/** 60 callers at once on a credit that covers 20 of them, without retries. */
async function drained(): Promise<void> {
  const { harness, merchants } = await prepare(1, '21.00');
  const { statuses } = await measure(60, 60, async (index) => {
    const as = at(merchants, index);
    return (await harness.call('POST /withdrawals', { as, key: `x${index}`, body })).status;
  });
  line('60 callers, credit for 20', JSON.stringify(statuses).padStart(30));
  harness.close();
}

process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
console.log(
  `Figures of dynoxide on this machine, not of AWS. ${REQUESTS} requests, ${CALLERS} callers, ${MERCHANTS} merchants.\n`,
);
line('operation', 'rate', 'bare loop', 'ratio', 'read units', 'write units', 'on indexes');
for (const scenario of SCENARIOS) await againstBareLoop(scenario);
console.log('\nwithdrawals from credit, responses at the first try');
for (const callers of [16, 60]) await busyMerchant(callers);
await drained();
