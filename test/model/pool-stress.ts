import { shardNames } from '../../lambdas/ledger/pool/pool.ts';
import { commitMove } from '../../lambdas/ledger/pool/rebalance.ts';
import { readPool, readShards } from '../../lambdas/ledger/rows/pool.ts';
import { createRepayment } from '../../lambdas/operations/credit/create-repayment.ts';
import { changePool } from '../../lambdas/operations/pools/change-pool.ts';
import { rebalance } from '../../lambdas/operations/pools/rebalance.ts';
import { topUpPool } from '../../lambdas/operations/pools/top-up-pool.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import type { Provider } from '../../lambdas/payouts/providers/provider.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import { anyMove } from '../harness/any-move.ts';
import { bothProviders } from '../harness/both-providers.ts';
import { Processes } from '../harness/contention/processes.ts';
import { USD } from '../harness/in-memory-ledger.ts';
import { TIMERS } from '../harness/timers.ts';
import { losing } from './losing.ts';
import {
  dollars,
  type PoolModel,
  type PoolProcesses,
  type PoolSetUp,
  poolModel,
} from './pool-model.ts';

/** Everything that moves a pool's money at once, while requests and answers are lost. */
export type PoolStress = Omit<PoolSetUp, 'merchants' | 'wallet' | 'deadlineMs'> & {
  readonly seconds: number;
  /** Numbers of shards that an admin asks for, one after the other at equal intervals. */
  readonly reshards: readonly number[];
  /** Processes that move money as no rebalancer would, each long after it has read the pool. */
  readonly staleMovers?: number;
};

const MERCHANTS = 300;
const WALLET = 1_000_000n;
const TOP_UP = 20_000n;
const PER_SECOND = { withdrawals: 60, topUps: 2, repayments: 20 };
/** Of the withdrawals that are accepted. */
const REFUNDED = 0.4;

const REFUSES: Provider = {
  pay: async () => ({ kind: 'refused', code: 'account_closed' }),
  inquire: async () => ({ kind: 'refused', code: 'account_closed' }),
};

/** From 2.00 to 18.00; one in ten from 100.00 to 700.00. */
const anyAmount = (random: () => number): bigint =>
  random() < 0.1
    ? 10_000n + BigInt(Math.floor(random() * 60_000))
    : 200n + BigInt(Math.floor(random() * 1_600));

/** Sends one request until it is decided. */
function untilAnswered(model: PoolModel, of: PoolProcesses) {
  let keys = 0;
  return async (id: string, params: object, body: object) => {
    keys += 1;
    const key = `k${keys}`;
    for (;;) {
      const reply = await model.send(of, id, params, body, key);
      if (reply.status !== 503 && reply.status !== 409) return reply;
      await model.time.sleep(1_000);
    }
  };
}

/** The bank refuses the payout, some time after it was accepted. */
function refunding(model: PoolModel) {
  const workers = new Processes(() => model.openContext());
  return async (merchantId: string, txnId: string): Promise<void> => {
    await model.time.sleep(model.time.random() * 2_000);
    for (;;) {
      const outcome = await workers.inProcess((context) =>
        settle({ ...context, providers: bothProviders(REFUSES), timers: TIMERS })({
          merchantId,
          txnId,
        }),
      );
      if (outcome === 'done') return;
      await model.time.sleep(TIMERS.leaseMs + 5_000);
    }
  };
}

/** Moves that were possible when it read the pool, and are late: also after a shard has retired and is back. */
async function moveLate({ time, openContext }: PoolModel, untilMs: number): Promise<void> {
  const { ledger } = openContext();
  const below = (most: number) => Math.floor(time.random() * most);
  while (time.now() < untilMs) {
    const pool = await readPool(ledger, USD).catch(() => undefined);
    const rows = await readShards(ledger, USD, shardNames(40)).catch(() => []);
    await time.sleep(time.random() < 0.5 ? time.random() * 30 : time.random() * 600);
    if (pool === undefined || pool.shards.length < pool.root.shards) continue;
    const choice = { pick: below(30), kind: below(6), part: below(11) };
    const move = anyMove(pool, new Set(rows.map(({ shard }) => shard)), choice);
    await commitMove(ledger, move);
  }
}

/** One run until everything is answered, every refund is made, and the pool is level. */
export async function runPoolStress(stress: PoolStress) {
  const { seconds, reshards, staleMovers = 0 } = stress;
  const model = poolModel({ ...stress, merchants: MERCHANTS, wallet: WALLET }, losing);
  const { time, truth } = model;
  const currency = { currency: USD };
  const [send, topUp, change, repay] = [
    createWithdrawal,
    topUpPool,
    changePool,
    createRepayment,
  ].map((operation) => untilAnswered(model, model.processesOf(operation)));
  if (!send || !topUp || !change || !repay) throw new Error('four operations');
  const refund = refunding(model);

  const withdraw = async () => {
    const [units, id, from] = [anyAmount(time.random), model.anyId(), time.now()];
    const { status, body } = await send(id, {}, { amount: dollars(units) });
    const { code, data } = JSON.parse(body);
    const isRefunded = status === 202 && time.random() < REFUNDED;
    if (isRefunded) await refund(id, data.id);
    // The refusal may be of any try: its answer may be the one that was lost.
    const isFalse = code === 'insufficient_pool' && !truth.couldNotPay(units, from);
    return { status, amount: units, isRefunded, isFalse };
  };
  const repayAny = async () => {
    const units = 100n + BigInt(Math.floor(time.random() * 2_000));
    const { status } = await repay(model.anyId(), {}, { amount: dollars(units) });
    return status;
  };
  const reshard = async () => {
    for (const wanted of reshards) {
      await time.sleep((seconds * 1_000) / (reshards.length + 1));
      await change('admin', currency, { shards: wanted });
    }
  };
  const [withdrawals, repaid, toppedUp] = await model.besideRebalancers(
    Promise.all([
      model.arrivals(PER_SECOND.withdrawals, seconds, withdraw),
      model.arrivals(PER_SECOND.repayments, seconds, repayAny),
      model.arrivals(PER_SECOND.topUps, seconds, () =>
        topUp('admin', currency, { amount: dollars(TOP_UP) }),
      ),
      reshard(),
    ]),
    () => Array.from({ length: staleMovers }, () => moveLate(model, seconds * 1_000)),
  );
  // A lost answer may be committed yet. Then nothing is left to move.
  await time.run();
  while ((await time.finish(rebalance(model.openContext().ledger, USD))) > 0);
  await time.run();
  return {
    withdrawals,
    repayments: repaid.filter((status) => status === 201).length,
    toppedUp: BigInt(toppedUp.length) * TOP_UP,
    /** What the wallets have got: refunds of credit that was repaid, less repayments. */
    toWallets: model.inWallets() - WALLET * BigInt(MERCHANTS),
    violations: model.audit.violations,
    ...model.pool(),
  };
}
