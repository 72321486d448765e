import { z } from 'zod';
import { ask, signIn } from './api.ts';
import { command, Trouble } from './cli-error.ts';
import {
  type Accepted,
  createMerchants,
  inParallel,
  type LoadMerchant,
  type Outcome,
  planAttempts,
  untilFinal,
  withdrawAll,
} from './load-run.ts';
import { dollars, type Money, money, moneyText, sum } from './money.ts';
import { step } from './reporter.ts';
import { type Running, readRunning } from './running.ts';
import { topUpPool } from './seed.ts';

const MERCHANTS = 50;
const WITHDRAWALS_EACH = 20;
const AT_ONCE = 50;
const SETTLED_WITHIN_SECONDS = 600;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const pool = z.object({ available: dollars, in_flight: dollars });
const merchantView = z.object({
  credit: z.array(z.object({ currency: z.string(), utilised: dollars })),
});
const bankLedger = z.array(z.object({ account: z.string(), amount: dollars, status: z.string() }));

type Books = {
  readonly pool: z.infer<typeof pool>;
  readonly utilised: Money;
  readonly paid: Money;
};

/** The three books that must agree: the pool's, the merchants' and the bank's. */
async function readBooks(
  { api, bank }: Running,
  merchants: readonly LoadMerchant[],
  adminToken: string,
): Promise<Books> {
  const credits = await inParallel(merchants, 8, ({ id }) =>
    ask(`${api}/admin/merchants/${id}`, merchantView, { token: adminToken }),
  );
  const ours = new Set(merchants.map(({ account }) => account));
  const payouts = bankLedger.parse(await (await fetch(`${bank}/payouts`)).json());
  const paid = payouts.filter(({ account, status }) => status === 'SUCCEEDED' && ours.has(account));
  return {
    pool: await ask(`${api}/admin/pools/USD`, pool, { token: adminToken }),
    utilised: sum(credits.flatMap(({ credit }) => credit.map(({ utilised }) => utilised))),
    paid: sum(paid.map(({ amount }) => amount)),
  };
}

const percentile = (ascending: readonly number[], share: number): string => {
  const at = Math.min(ascending.length - 1, Math.floor(ascending.length * share));
  return `${(ascending[at] ?? 0).toFixed(0)} ms`;
};

const table = (rows: readonly (readonly [string, string])[]): string =>
  rows.map(([name, value]) => `  ${name.padEnd(34)} ${value}`).join('\n');

const figures = (
  { accepted, statuses, latencies, seconds }: Outcome,
  settledSeconds: number,
): string =>
  table([
    ...[...statuses].map(([status, times]) => [`answered ${status}`, String(times)] as const),
    ['accept, p50', percentile(latencies, 0.5)],
    ['accept, p99', percentile(latencies, 0.99)],
    ['withdrawals accepted per second', (accepted.length / seconds).toFixed(1)],
    ['last one settled after', `${settledSeconds.toFixed(1)} s`],
  ]);

/** Everything that is not as it must be, in words. */
function discrepancies(
  before: Books,
  after: Books,
  outcome: Outcome,
  finals: ReadonlyMap<string, string>,
): string[] {
  const succeeded = outcome.accepted.filter(({ id }) => finals.get(id) === 'SUCCEEDED');
  const moved = sum(succeeded.map(({ amount }) => amount));
  const differs = (what: string, found: bigint): string[] =>
    found === moved ? [] : [`${what} by ${moneyText(money(found))}, not by ${moneyText(moved)}`];
  const unanswered = MERCHANTS * WITHDRAWALS_EACH - outcome.accepted.length;
  const unsettled = outcome.accepted.length - succeeded.length;
  return [
    ...outcome.faults.map((status) => `a withdrawal was answered ${status}`),
    ...(unanswered > 0 ? [`${unanswered} withdrawals were never accepted`] : []),
    ...(unsettled > 0 ? [`${unsettled} accepted withdrawals are not SUCCEEDED`] : []),
    ...differs('the bank paid', after.paid - before.paid),
    ...differs('the pool fell', before.pool.available - after.pool.available),
    ...differs('credit in use rose', after.utilised - before.utilised),
    ...(after.pool.in_flight === before.pool.in_flight ? [] : ['money is still in flight']),
  ];
}

const amountOf = (accepted: readonly Accepted[]): string =>
  moneyText(sum(accepted.map(({ amount }) => amount)));

await command(async () => {
  const running = await readRunning();
  const { api, admin } = running;
  const run = Date.now().toString(36);
  const adminToken = await signIn(api, admin.username, admin.password);
  say('Figures of an emulator on this machine, not of AWS.');
  const merchants = await step(
    say,
    `${MERCHANTS} merchants registered and approved`,
    createMerchants(api, adminToken, run, MERCHANTS),
  );
  await topUpPool(api, adminToken, '50000.00', `load-${run}`);
  // Each call at work is a process of its own here: their start is not what is measured.
  await step(
    say,
    `${AT_ONCE} function processes started`,
    inParallel(merchants, AT_ONCE, ({ token }) =>
      ask(`${api}/withdrawals`, z.unknown(), { token }),
    ),
  );
  const before = await readBooks(running, merchants, adminToken);

  const from = performance.now();
  const attempts = planAttempts(merchants, run, WITHDRAWALS_EACH);
  const outcome = await step(
    say,
    `${attempts.length} withdrawals sent, ${AT_ONCE} at a time`,
    withdrawAll(api, attempts, AT_ONCE),
  );
  const finals = await step(
    say,
    `${outcome.accepted.length} withdrawals of ${amountOf(outcome.accepted)} USD settled`,
    untilFinal(api, outcome.accepted, SETTLED_WITHIN_SECONDS),
  );
  say(`\n${figures(outcome, (performance.now() - from) / 1_000)}\n`);

  const wrong = discrepancies(
    before,
    await readBooks(running, merchants, adminToken),
    outcome,
    finals,
  );
  if (wrong.length > 0) throw new Trouble(`Not as it must be:\n  ${wrong.join('\n  ')}`);
  say(`Bank, pool and merchants agree to the cent: ${amountOf(outcome.accepted)} USD.`);
});
