import * as z from 'zod';
import type { ApiContext, Operation } from '../../lambdas/http/operation.ts';
import { BusyMerchants } from '../../lambdas/ledger/busy/busy-merchants.ts';
import { type LedgerContext, openLedger } from '../../lambdas/ledger/context.ts';
import { creditKey, nameKey, poolKey, walletKey } from '../../lambdas/ledger/keys.ts';
import { poolRoot, poolShardRow, ROOT, shardNames } from '../../lambdas/ledger/pool/pool.ts';
import { callsForRebalance } from '../../lambdas/ledger/pool/rebalance-plan.ts';
import { rebalance } from '../../lambdas/operations/pools/rebalance.ts';
import { memberOf } from '../../lambdas/queued/members.ts';
import { QUEUED } from '../../lambdas/queued/operations.ts';
import { runQueued } from '../../lambdas/queued/run-queued.ts';
import { contendedTable } from '../harness/contention/contended-table.ts';
import { Processes } from '../harness/contention/processes.ts';
import type { WrittenRow } from '../harness/contention/table-state.ts';
import { VirtualTime } from '../harness/contention/virtual-time.ts';
import { FifoQueue } from '../harness/fifo-queue.ts';
import { lambdaContext } from '../harness/http-event.ts';
import {
  aCreditLine,
  aMerchant,
  aPool,
  aWallet,
  SETTINGS,
  stored,
  USD,
} from '../harness/in-memory-ledger.ts';
import { notBusy } from '../harness/not-busy.ts';
import { CommitWatch } from './commit-watch.ts';
import { PoolAudit } from './pool-audit.ts';
import { PoolTruth } from './pool-truth.ts';

/** One pool and the merchants that draw on it, on the contention model. */
export type PoolSetUp = {
  readonly seed: number;
  readonly shards: number;
  /** Of the whole pool at the start, level over its rows, in minor units. */
  readonly funds: bigint;
  readonly merchants: number;
  /** Of each merchant, in minor units; none without it. */
  readonly wallet?: bigint;
  readonly deadlineMs?: number;
  /** Median milliseconds between two batches of one busy merchant. Nothing is handed over without it. */
  readonly cycleMs?: number;
};
type Client = LedgerContext['dynamo'];

const LEDGER = 'Ledger';
/** From a change of the root until the rebalancer starts: stream, queue, and two functions. */
const RELAY_MS = 150;
/** Recovery calls the rebalancer, however little the relay finds. Faster than in production: a run is short. */
const RECOVER_MS = 5_000;
/** The rebalancer has two executions. */
const REBALANCERS = 2;

/** Of a merchant by its number: the form of an id. */
export const idOf = (index: number): string => `01${String(index).padStart(24, '0')}`;

export type PoolModel = ReturnType<typeof poolModel>;
export type PoolProcesses = ReturnType<PoolModel['processesOf']>;

/** @param faulty what every process sends its requests through. */
export function poolModel(
  { seed, shards, funds, merchants, wallet, deadlineMs = 10_000, cycleMs }: PoolSetUp,
  faulty: (dynamo: Client, time: VirtualTime) => Client = (dynamo) => dynamo,
) {
  const time = new VirtualTime(seed);
  const truth = new PoolTruth(time.now, funds);
  const atStart = levelPool(shards, funds);
  const audit = new PoolAudit(time.now, atStart);
  const relayed: { wake: () => void } = { wake: () => undefined };
  const table = contendedTable(time, {
    committed: (rows) => {
      truth.committed(rows);
      audit.committed(rows);
      if (rows.some(isRootThatCalls)) relayed.wake();
    },
    acknowledged: (rows) => truth.acknowledged(rows),
  });
  table.put(LEDGER, ...atStart);
  const ids = Array.from({ length: merchants }, (_, index) => idOf(index));
  for (const id of ids) {
    table.put(LEDGER, stored(aMerchant({ id })), { ...nameKey(`name-${id}`), merchantId: id });
    table.put(LEDGER, { ...creditKey(id, USD), ...aCreditLine(10n ** 15n, 0n) });
    if (wallet !== undefined) table.put(LEDGER, { ...walletKey(id, USD), ...aWallet(wallet) });
  }
  const client = faulty(table.dynamo, time);

  const groups = new Processes(() => {
    const context = openContext();
    return runQueued({ ...context, memberOf: memberOf(context, QUEUED), stopAfterMs: 4_000 });
  });
  const queue: FifoQueue | undefined =
    cycleMs === undefined
      ? undefined
      : new FifoQueue({
          cycle: () => time.sleep(time.latency(cycleMs)),
          now: () => time.date().getTime(),
          run: (event) => groups.inProcess((run) => run(event)),
          hidden: () => time.sleep(6_000),
        });
  const openContext = (dynamo = client): ApiContext => {
    const ledger = openLedger(dynamo, LEDGER, time.pacing(deadlineMs), time.date);
    const responses = { ...ledger, table: 'Responses' };
    const settings = { ...SETTINGS, secondAdminAbove: {} };
    const busy =
      queue === undefined ? notBusy(ledger) : new BusyMerchants(ledger, responses, queue.send);
    return { ledger, responses, busy, settings };
  };
  const processesOf = (operation: Operation) =>
    new Processes(() => {
      const watch = new CommitWatch(client, time.now);
      return { endpoint: operation.endpoint(openContext(watch.dynamo)), watch };
    });
  let requests = 0;
  const send = (
    of: ReturnType<typeof processesOf>,
    id: string,
    params: object,
    body: object,
    key?: string,
  ) => {
    requests += 1;
    const name = `r${requests}`;
    const caller = { id, name: `caller#${id}`, user: { username: id, sub: id } };
    const request = { method: 'POST', path: '/', query: '', body };
    const call = { id: name, sourceIp: '', caller, request, context: lambdaContext };
    return of.inProcess(async ({ endpoint, watch }) => {
      watch.begin();
      const reply = await endpoint(call, { params, query: {}, body, key: key ?? name });
      return { ...reply, commitMs: watch.ms, tryAt: watch.tryAt };
    });
  };

  /** Independent arrivals. */
  const arrivals = async <Reply>(
    perSecond: number,
    seconds: number,
    start: () => Promise<Reply>,
  ) => {
    const replies: Promise<Reply>[] = [];
    for (;;) {
      await time.sleep((-Math.log(1 - time.random()) * 1_000) / perSecond);
      if (time.now() > seconds * 1_000) return Promise.all(replies);
      replies.push(start());
    }
  };

  const rebalancers = new Processes(() => openContext().ledger);
  const rebalanceOften = async (isOver: () => boolean) => {
    while (!isOver()) {
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
  /** Lets time pass until `work` is done, beside what rebalances until then. */
  const besideRebalancers = async <Value>(
    work: Promise<Value>,
    others: (isOver: () => boolean) => readonly Promise<void>[] = () => [],
  ): Promise<Value> => {
    let done = false;
    const isOver = () => done;
    const background = [
      ...Array.from({ length: REBALANCERS }, () => rebalanceOften(isOver)),
      ...others(isOver),
    ];
    const value = await time.finish(work);
    done = true;
    await time.finish(Promise.all(background));
    return value;
  };

  return {
    time,
    truth,
    audit,
    ids,
    counts: table.counts,
    anyId: () => ids[Math.floor(time.random() * ids.length)] ?? idOf(0),
    queue,
    openContext,
    processesOf,
    send,
    arrivals,
    besideRebalancers,
    rows: () => table.rows(LEDGER),
    /** What all merchants have in their wallets, in minor units. */
    inWallets: () =>
      table
        .rows(LEDGER)
        .filter(({ sk }) => sk === walletKey('', USD).sk)
        .reduce((sum, { available }) => sum + BigInt(String(available)), 0n),
    /** All rows of the pool. */
    pool: () => {
      const rows = table.rows(LEDGER).filter(({ sk }) => sk === 'POOL');
      const rootPk = poolKey(USD, ROOT).pk;
      return {
        root: poolRoot.parse(rows.find(({ pk }) => pk === rootPk)),
        shards: rows
          .filter(({ pk }) => pk !== rootPk)
          .map((row) => ({ pk: row['pk'], ...poolShardRow.parse(row) })),
      };
    },
  };
}

/** Minor units as a request writes them. */
export const dollars = (units: bigint): string =>
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
