import pMap from 'p-map';
import { z } from 'zod';
import { requestData } from './api.ts';
import { CliError, command } from './cli-error.ts';
import { percentile, table } from './figures.ts';
import { type Accepted, type LoadMerchant, startRun, waitUntilFinal } from './load-run.ts';
import { money, moneyText } from './money.ts';
import { stdoutReporter as report, step } from './reporter.ts';
import { readRunning } from './running.ts';

const MERCHANTS = 10;
const EACH = 5;
/** The first of a round. All are accepted by then. */
const AHEAD_MS = 8_000;
/** Between two of them. No divisor of a second: they fall on different milliseconds of it. */
const APART_MS = 217;
/** The cloud is idle otherwise: its few processes would delay what is due. */
const CONCURRENCY = 2;
/** WD-2: 99 of 100 are executed this soon after their time. */
const GOAL_MS = 2_000;
const AMOUNT = money(100n);

const scheduled = z.object({ id: z.string() });
const withdrawal = z.object({
  execute_at: z.string(),
  history: z.array(z.object({ status: z.string(), at: z.string() })),
});

/** One round of withdrawals at times that are spread over some seconds, executed and paid. */
async function runRound(
  api: string,
  merchants: readonly LoadMerchant[],
  round: string,
): Promise<readonly Accepted[]> {
  const first = Date.now() + AHEAD_MS;
  const orders = merchants.flatMap((merchant, row) =>
    Array.from({ length: EACH }, (_, column) => ({
      merchant,
      key: `${round}-${column}`,
      executeAt: new Date(first + (row * EACH + column) * APART_MS).toISOString(),
    })),
  );
  const accepted = await pMap(
    orders,
    async ({ merchant, key, executeAt }): Promise<Accepted> => {
      const body = { amount: moneyText(AMOUNT), execute_at: executeAt };
      const options = { token: merchant.token, key, body };
      const { id } = await requestData(`${api}/withdrawals`, scheduled, options);
      return { merchant, key, amount: AMOUNT, id };
    },
    { concurrency: CONCURRENCY },
  );
  if (Date.now() > first)
    throw new CliError('This machine is too busy: they were not sent in time.');
  const finals = await waitUntilFinal(api, accepted, 120);
  const unpaid = [...finals.values()].filter((status) => status !== 'SUCCEEDED').length;
  if (unpaid > 0) throw new CliError(`${unpaid} withdrawals were not paid.`);
  return accepted;
}

/** How many milliseconds after its time a withdrawal entered each status. */
async function readLateness(api: string, { id, merchant: { token } }: Accepted) {
  const { execute_at, history } = await requestData(`${api}/withdrawals/${id}`, withdrawal, {
    token,
  });
  const lateness = (wanted: string): number => {
    const entered = history.find(({ status }) => status === wanted);
    if (entered === undefined) throw new CliError(`${id} was never ${wanted}.`);
    return Date.parse(entered.at) - Date.parse(execute_at);
  };
  return {
    executed: lateness('PENDING'),
    sent: lateness('PROCESSING'),
    paid: lateness('SUCCEEDED'),
  };
}

const figures = (
  name: string,
  values: readonly number[],
): readonly (readonly [string, string])[] => {
  const ascending = values.toSorted((a, b) => a - b);
  const at = (share: number): string => `${percentile(ascending, share).toFixed(0)} ms`;
  return [[name, `p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)}, least ${at(0)}`]];
};

await command(async () => {
  const { api } = await readRunning();
  const { merchants } = await startRun(api, MERCHANTS, '1000.00');
  const count = MERCHANTS * EACH;
  // On the local cloud each concurrent execution is a process. Its start is not part of the figures.
  await step(
    report,
    `${count} withdrawals executed as a warm-up`,
    runRound(api, merchants, 'warm'),
  );
  const accepted = await step(
    report,
    `${count} withdrawals executed, ${APART_MS} ms apart`,
    runRound(api, merchants, 'measured'),
  );
  const seen = await pMap(accepted, (each) => readLateness(api, each), {
    concurrency: CONCURRENCY,
  });
  const executed = seen.map((each) => each.executed);
  const early = executed.filter((ms) => ms < 0).length;
  const rows = [
    ...figures('executed after execute_at', executed),
    ...figures(
      'claimed for the bank after it',
      seen.map(({ sent }) => sent),
    ),
    ...figures(
      'paid after it',
      seen.map(({ paid }) => paid),
    ),
    ['executed early', String(early)] as const,
  ];
  report(`\n${table(rows)}\n`);
  if (early > 0) throw new CliError(`${early} withdrawals were executed before their time.`);
  const p99 = percentile(
    executed.toSorted((a, b) => a - b),
    0.99,
  );
  if (p99 > GOAL_MS) throw new CliError(`p99 is ${p99} ms, above the goal of ${GOAL_MS} ms.`);
});
