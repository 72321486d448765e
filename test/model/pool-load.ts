import { changePool } from '../../lambdas/operations/pools/change-pool.ts';
import { topUpPool } from '../../lambdas/operations/pools/top-up-pool.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { USD } from '../harness/in-memory-ledger.ts';
import { dollars, type PoolSetUp, poolModel } from './pool-model.ts';

/** Withdrawals on credit from one pool, on the contention model. */
export type PoolLoad = PoolSetUp & {
  readonly perSecond: number;
  readonly seconds: number;
  /** In minor units, by a number from 0 up to 1. */
  readonly amount: (random: number) => bigint;
  /** What admins and providers bring in, in minor units, so many times a second. */
  readonly topUps?: { readonly perSecond: number; readonly amount: bigint };
  /** Numbers of shards that an admin asks for, one after the other at equal intervals. */
  readonly reshards?: readonly number[];
};

export type PoolOutcome = Awaited<ReturnType<typeof runPoolLoad>>;

/** One run from an empty table until everything is answered. The same load gives the same outcome. */
export async function runPoolLoad(load: PoolLoad) {
  const model = poolModel(load);
  const { time, truth, audit, send } = model;
  const { seconds, topUps, reshards = [] } = load;

  const processes = model.processesOf(createWithdrawal);
  const withdraw = async () => {
    const units = load.amount(time.random());
    const from = time.now();
    const reply = await send(processes, model.anyId(), {}, { amount: dollars(units) });
    const { status, body, commitMs, tryAt } = reply;
    const code = status < 300 ? undefined : String(JSON.parse(body).code);
    return {
      status,
      code,
      amount: units,
      ms: time.now() - from,
      /** From the first transaction to the answer of the last one. */
      commitMs,
      at: from,
      /** Since its last try began, the pool could always pay. */
      isFalse: code === 'insufficient_pool' && !truth.couldNotPay(units, tryAt),
    };
  };
  const currency = { currency: USD };
  const admins = model.processesOf(topUpPool);
  const topUp = (amount: bigint) => send(admins, 'admin', currency, { amount: dollars(amount) });
  const changers = model.processesOf(changePool);
  const reshard = async () => {
    for (const wanted of reshards) {
      await time.sleep((seconds * 1_000) / (reshards.length + 1));
      await send(changers, 'admin', currency, { shards: wanted });
    }
  };

  const work = Promise.all([
    model.arrivals(load.perSecond, seconds, withdraw),
    topUps && model.arrivals(topUps.perSecond, seconds, () => topUp(topUps.amount)),
    reshard(),
  ]);
  const [replies, toppedUp = []] = await model.besideRebalancers(work);
  return {
    replies,
    toppedUp:
      BigInt(toppedUp.filter(({ status }) => status === 201).length) * (topUps?.amount ?? 0n),
    counts: model.counts,
    processes: processes.counts,
    lowest: truth.lowestRow,
    violations: audit.violations,
    ...model.pool(),
  };
}
