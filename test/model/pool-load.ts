import * as z from 'zod';
import type { Operation } from '../../lambdas/http/operation.ts';
import { openLedger } from '../../lambdas/ledger/context.ts';
import { creditKey, poolKey } from '../../lambdas/ledger/keys.ts';
import { poolRoot, poolShardRow, ROOT, shardNames } from '../../lambdas/ledger/pool.ts';
import { callsForRebalance } from '../../lambdas/ledger/rebalance-plan.ts';
import { changePool } from '../../lambdas/operations/pools/change-pool.ts';
import { rebalance } from '../../lambdas/operations/pools/rebalance.ts';
import { topUpPool } from '../../lambdas/operations/pools/top-up-pool.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { contendedTable } from '../harness/contention/contended-table.ts';
import { Processes } from '../harness/contention/processes.ts';
import type { WrittenRow } from '../harness/contention/table-state.ts';
import { VirtualTime } from '../harness/contention/virtual-time.ts';
import { lambdaContext } from '../harness/http-event.ts';
import {
  aCreditLine,
  aMerchant,
  aPool,
  SETTINGS,
  stored,
  USD,
} from '../harness/in-memory-ledger.ts';
import { CommitWatch } from './commit-watch.ts';
import { PoolTruth } from './pool-truth.ts';

/** Withdrawals on credit from one pool, on the contention model. */
export type PoolLoad = {
  readonly seed: number;
  readonly shards: number;
  /** Of the whole pool at the start, level over its rows, in minor units. */
  readonly funds: bigint;
  readonly perSecond: number;
  readonly seconds: number;
  /** In minor units, by a number from 0 up to 1. */
  readonly amount: (random: number) => bigint;
  readonly merchants: number;
  /** What admins and providers bring in, in minor units, so many times a second. */
  readonly topUps?: { readonly perSecond: number; readonly amount: bigint };
  /** Numbers of shards that an admin asks for, one after the other at equal intervals. */
  readonly reshards?: readonly number[];
  readonly deadlineMs?: number;
};

const LEDGER = 'Ledger';
/** From a change of the root until the rebalancer starts: stream, queue, and two functions. */
const RELAY_MS = 150;
/** Recovery calls the rebalancer, however little the relay finds. Faster than in production: a run is short. */
const RECOVER_MS = 5_000;
/** The rebalancer has two executions. */
const REBALANCERS = 2;

export type PoolOutcome = Awaited<ReturnType<typeof runPoolLoad>>;

/** One run from an empty table until everything is answered. The same load gives the same outcome. */
export async function runPoolLoad(load: PoolLoad) {
  const { seed, shards, funds, deadlineMs = 10_000 } = load;
  const time = new VirtualTime(seed);
  const truth = new PoolTruth(time.now, funds);
  const relayed: { wake: () => void } = { wake: () => undefined };
  const table = contendedTable(time, {
    committed: (rows) => {
      truth.committed(rows);
      if (rows.some(isRootThatCalls)) relayed.wake();
    },
    acknowledged: (rows) => truth.acknowledged(rows),
  });
  for (const row of levelPool(shards, funds)) table.put(LEDGER, row);
  const ids = Array.from({ length: load.merchants }, (_, index) => `m${index}`);
  for (const id of ids) {
    const line = { ...creditKey(id, USD), ...aCreditLine(10n ** 15n, 0n) };
    table.put(LEDGER, stored(aMerchant({ id })), line);
  }

  const contextOf = (dynamo = table.dynamo) => {
    const ledger = openLedger(dynamo, LEDGER, time.pacing(deadlineMs), time.date);
    const responses = { ...ledger, table: 'Responses' };
    return { ledger, responses, settings: { ...SETTINGS, secondAdminAbove: {} } };
  };
  const processesOf = (operation: Operation) =>
    new Processes(() => {
      const watch = new CommitWatch(table.dynamo, time.now);
      return { endpoint: operation.endpoint(contextOf(watch.dynamo)), watch };
    });
  const processes = processesOf(createWithdrawal);
  let requests = 0;
  const send = (of: typeof processes, id: string, params: object, body: object) => {
    requests += 1;
    const name = `r${requests}`;
    const caller = { id, name: `caller#${id}`, user: { username: id, sub: id } };
    const request = { method: 'POST', path: '/', query: '', body };
    const call = { id: name, sourceIp: '', caller, request, context: lambdaContext };
    return of.inProcess(async ({ endpoint, watch }) => {
      watch.begin();
      const reply = await endpoint(call, { params, query: {}, body, key: name });
      return { ...reply, commitMs: watch.ms };
    });
  };

  const withdraw = async () => {
    const units = load.amount(time.random());
    const id = ids[Math.floor(time.random() * ids.length)] ?? 'm0';
    const from = time.now();
    const { status, body, commitMs } = await send(processes, id, {}, { amount: dollars(units) });
    const code = status < 300 ? undefined : String(JSON.parse(body).code);
    return {
      status,
      code,
      amount: units,
      ms: time.now() - from,
      /** From the first transaction to the answer of the last one. */
      commitMs,
      at: from,
      isFalse: code === 'insufficient_pool' && !truth.couldNotPay(units, from),
    };
  };
  /** Independent arrivals. */
  const arrivals = async <Reply>(perSecond: number, start: () => Promise<Reply>) => {
    const replies: Promise<Reply>[] = [];
    for (;;) {
      await time.sleep((-Math.log(1 - time.random()) * 1_000) / perSecond);
      if (time.now() > load.seconds * 1_000) return Promise.all(replies);
      replies.push(start());
    }
  };
  const admins = processesOf(topUpPool);
  const currency = { currency: USD };
  const topUp = ({ amount }: { readonly amount: bigint }) =>
    send(admins, 'admin', currency, { amount: dollars(amount) });
  const changers = processesOf(changePool);
  const reshard = async () => {
    const { reshards = [] } = load;
    for (const wanted of reshards) {
      await time.sleep((load.seconds * 1_000) / (reshards.length + 1));
      await send(changers, 'admin', currency, { shards: wanted });
    }
  };

  let isOver = false;
  const rebalancers = new Processes(() => contextOf().ledger);
  const rebalanceOften = async () => {
    while (!isOver) {
      await Promise.race([
        time.sleep(RECOVER_MS),
        new Promise<void>((resolve) => {
          relayed.wake = resolve;
        }),
      ]);
      await time.sleep(RELAY_MS);
      await rebalancers.inProcess((ledger) => rebalance(ledger, USD));
    }
  };
  const background = Array.from({ length: REBALANCERS }, rebalanceOften);
  const work = Promise.all([
    arrivals(load.perSecond, withdraw),
    load.topUps === undefined
      ? []
      : arrivals(load.topUps.perSecond, () => topUp(load.topUps ?? { amount: 0n })),
    reshard(),
  ]);
  const [replies, topUps] = await time.finish(work);
  isOver = true;
  await time.finish(Promise.all(background));
  const rows = table.rows(LEDGER).filter(({ sk }) => sk === 'POOL');
  return {
    replies,
    toppedUp:
      BigInt(topUps.filter(({ status }) => status === 201).length) * (load.topUps?.amount ?? 0n),
    counts: table.counts,
    processes: processes.counts,
    lowest: truth.lowestRow,
    root: poolRoot.parse(rows.find(({ pk }) => pk === poolKey(USD, ROOT).pk)),
    shards: rows
      .filter(({ pk }) => pk !== poolKey(USD, ROOT).pk)
      .map((row) => ({ pk: row['pk'], ...poolShardRow.parse(row) })),
  };
}

const dollars = (units: bigint): string =>
  `${units / 100n}.${String(units % 100n).padStart(2, '0')}`;

const image = z.object({ pk: z.literal(poolKey(USD, ROOT).pk) }).and(poolRoot);
function isRootThatCalls({ before, after }: WrittenRow): boolean {
  const root = image.safeParse(after).data;
  return root !== undefined && callsForRebalance(root, image.safeParse(before).data);
}

/** A pool whose shards and root hold the same, and the root what cannot be divided. */
function levelPool(shards: number, funds: bigint): readonly Record<string, unknown>[] {
  const each = funds / BigInt(shards + 1);
  const { currency, available: _, lent, conflicts, version, by } = aPool(0n);
  const common = { currency, lent, conflicts, version, by };
  return [
    {
      ...poolKey(USD, ROOT),
      ...aPool(funds - each * BigInt(shards)),
      shards: BigInt(shards),
      closed: 0n,
      targetShards: BigInt(shards),
    },
    ...shardNames(shards).map((name) => ({
      ...poolKey(USD, name),
      ...common,
      available: each,
      open: true,
    })),
  ];
}
