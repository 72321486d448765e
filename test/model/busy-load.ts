import { createTransfer } from '../../lambdas/operations/transfers/create-transfer.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { poolModel } from './pool-model.ts';

/** Requests on one merchant, at random times, from clients that repeat a 503 after its Retry-After. */
export type BusyLoad = {
  readonly seed: number;
  /** First requests a second. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Median milliseconds between two batches of the queue. Nothing is handed over without it. */
  readonly cycleMs?: number;
  readonly kind: 'debits' | 'transfers to one payee';
};

const MOST_TRIES = 4;
const PAYERS = 120;

export async function runBusyLoad({ seed, perSecond, seconds, cycleMs, kind }: BusyLoad) {
  const merchants = kind === 'debits' ? 1 : PAYERS + 1;
  const model = poolModel({
    seed,
    shards: 32,
    funds: 10n ** 12n,
    merchants,
    wallet: 10n ** 10n,
    ...(cycleMs !== undefined && { cycleMs }),
  });
  const { time, send } = model;
  const debits = model.processesOf(kind === 'debits' ? createWithdrawal : createTransfer);
  let requests = 0;
  const request = async () => {
    requests += 1;
    const key = `k${requests}`;
    const from = time.now();
    const payer = kind === 'debits' ? 'm0' : `m${1 + (requests % PAYERS)}`;
    const body = { amount: '1.00', ...(kind !== 'debits' && { to: 'm0' }) };
    for (let tries = 1; ; tries += 1) {
      const at = time.now();
      const { status, headers } = await send(debits, payer, {}, body, key);
      const ms = time.now() - at;
      if (status !== 503 || tries === MOST_TRIES)
        return { status, tries, ms, from, answeredAt: time.now() };
      await time.sleep(1_000 * Number(headers?.['retry-after']));
    }
  };
  const replies = await time.finish(model.arrivals(perSecond, seconds, request));
  return {
    replies,
    counts: model.counts,
    functions: debits.counts,
    batches: model.queue?.received,
  };
}
