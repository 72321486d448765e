import pMap from 'p-map';
import { z } from 'zod';
import { requestData } from './api.ts';
import { CliError, command } from './cli-error.ts';
import { percentile, table } from './figures.ts';
import {
  type Accepted,
  type LoadMerchant,
  type Outcome,
  planAttempts,
  startRun,
  waitUntilFinal,
  withdrawAll,
} from './load-run.ts';
import { dollars, type Money, money, moneyText, sum } from './money.ts';
import { stdoutReporter as report, step } from './reporter.ts';
import { type Running, readRunning } from './running.ts';

const MERCHANTS = 50;
const WITHDRAWALS_EACH = 20;
const CONCURRENCY = 50;
const SETTLED_WITHIN_SECONDS = 600;

const pool = z.object({ available: dollars, in_flight: dollars });
const merchantView = z.object({
  credit: z.array(z.object({ currency: z.string(), utilised: dollars })),
});
const bankLedger = z.array(z.object({ account: z.string(), amount: dollars, status: z.string() }));

type Totals = {
  readonly pool: z.infer<typeof pool>;
  readonly utilised: Money;
  readonly paid: Money;
};

/** The totals that must change by the same amount: of the pool, the merchants and the bank. */
async function readTotals(
  { api, bank }: Running,
  merchants: readonly LoadMerchant[],
  adminToken: string,
): Promise<Totals> {
  const readMerchant = ({ id }: LoadMerchant) =>
    requestData(`${api}/admin/merchants/${id}`, merchantView, { token: adminToken });
  const credits = await pMap(merchants, readMerchant, { concurrency: 8 });
  const accounts = new Set(merchants.map(({ account }) => account));
  const payouts = bankLedger.parse(await (await fetch(`${bank}/payouts`)).json());
  const paid = payouts.filter(
    ({ account, status }) => status === 'SUCCEEDED' && accounts.has(account),
  );
  return {
    pool: await requestData(`${api}/admin/pools/USD`, pool, { token: adminToken }),
    utilised: sum(credits.flatMap(({ credit }) => credit.map(({ utilised }) => utilised))),
    paid: sum(paid.map(({ amount }) => amount)),
  };
}

const figures = (
  { accepted, statuses, latencies, seconds }: Outcome,
  settledSeconds: number,
): string =>
  table([
    ...[...statuses].map(([status, count]) => [`responses ${status}`, String(count)] as const),
    ['accept, p50', `${percentile(latencies, 0.5).toFixed(0)} ms`],
    ['accept, p99', `${percentile(latencies, 0.99).toFixed(0)} ms`],
    ['withdrawals accepted per second', (accepted.length / seconds).toFixed(1)],
    ['all settled after', `${settledSeconds.toFixed(1)} s`],
  ]);

/** One line for each check that failed. */
function discrepancies(
  before: Totals,
  after: Totals,
  outcome: Outcome,
  finals: ReadonlyMap<string, string>,
): string[] {
  const succeeded = outcome.accepted.filter(({ id }) => finals.get(id) === 'SUCCEEDED');
  const moved = sum(succeeded.map(({ amount }) => amount));
  const compare = (name: string, change: bigint): string[] =>
    change === moved
      ? []
      : [`${name} by ${moneyText(money(change))} instead of ${moneyText(moved)}`];
  const notAccepted = MERCHANTS * WITHDRAWALS_EACH - outcome.accepted.length;
  const unsettled = outcome.accepted.length - succeeded.length;
  return [
    ...outcome.faults.map((status) => `a withdrawal got the response ${status}`),
    ...(notAccepted > 0 ? [`${notAccepted} withdrawals were not accepted`] : []),
    ...(unsettled > 0 ? [`${unsettled} accepted withdrawals are not SUCCEEDED`] : []),
    ...compare('payouts of the bank rose', after.paid - before.paid),
    ...compare('the pool fell', before.pool.available - after.pool.available),
    ...compare('utilised credit rose', after.utilised - before.utilised),
    ...(after.pool.in_flight === before.pool.in_flight ? [] : ['payouts are still in flight']),
  ];
}

const amountOf = (accepted: readonly Accepted[]): string =>
  moneyText(sum(accepted.map(({ amount }) => amount)));

await command(async () => {
  const running = await readRunning();
  const { api } = running;
  const { run, adminToken, merchants } = await startRun(api, MERCHANTS, '50000.00');
  // On the local cloud each concurrent execution is a process. Its start is not part of the figures.
  await step(
    report,
    `${CONCURRENCY} function processes started`,
    pMap(merchants, ({ token }) => requestData(`${api}/withdrawals`, z.unknown(), { token }), {
      concurrency: CONCURRENCY,
    }),
  );
  const before = await readTotals(running, merchants, adminToken);

  const start = performance.now();
  const attempts = planAttempts(merchants, run, WITHDRAWALS_EACH);
  const outcome = await step(
    report,
    `${attempts.length} withdrawals sent, ${CONCURRENCY} at a time`,
    withdrawAll(api, attempts, CONCURRENCY),
  );
  const finals = await step(
    report,
    `${outcome.accepted.length} withdrawals of ${amountOf(outcome.accepted)} USD settled`,
    waitUntilFinal(api, outcome.accepted, SETTLED_WITHIN_SECONDS),
  );
  report(`\n${figures(outcome, (performance.now() - start) / 1_000)}\n`);

  const failures = discrepancies(
    before,
    await readTotals(running, merchants, adminToken),
    outcome,
    finals,
  );
  if (failures.length > 0) throw new CliError(`Checks failed:\n  ${failures.join('\n  ')}`);
  report(`Bank, pool and merchants agree to the cent: ${amountOf(outcome.accepted)} USD.`);
});
