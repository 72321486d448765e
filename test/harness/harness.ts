import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { ApiContext, Settings } from '../../lambdas/http/operation.ts';
import { apiHandler } from '../../lambdas/http/router.ts';
import { BusyMerchants } from '../../lambdas/ledger/busy/busy-merchants.ts';
import { commit } from '../../lambdas/ledger/commit.ts';
import { openLedger } from '../../lambdas/ledger/context.ts';
import { type Merchant, registerMerchant } from '../../lambdas/ledger/merchant.ts';
import { newMerchantId } from '../../lambdas/ledger/merchant-id.ts';
import { minor } from '../../lambdas/ledger/money.ts';
import { postChanges } from '../../lambdas/ledger/post.ts';
import type { Rates, WithRates } from '../../lambdas/operations/conversions/rates.ts';
import { GROUPS, type RouteName } from '../../lambdas/operations/index.ts';
import { documentClient } from '../../lambdas/platform/clients.ts';
import type { Pacing } from '../../lambdas/platform/retry.ts';
import { memberOf } from '../../lambdas/queued/members.ts';
import { QUEUED } from '../../lambdas/queued/operations.ts';
import { runQueued } from '../../lambdas/queued/run-queued.ts';
import { type Engine, startEngine } from './engine.ts';
import { type FakeUserPool, fakeUserPool } from './fake-user-pool.ts';
import { type FaultCounts, type FaultRates, injectFaults, NO_FAULTS } from './faults.ts';
import { FifoQueue } from './fifo-queue.ts';
import { fixedRates } from './fixed-rates.ts';
import { httpEvent, lambdaContext, replyOf } from './http-event.ts';
import { SETTINGS, USD } from './in-memory-ledger.ts';
import { holdRows } from './overlaps.ts';
import { REAL } from './pacing.ts';
import { POOLS, signInOf } from './sign-ins.ts';

export { USD } from './in-memory-ledger.ts';

export type Reply = {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
  // Tests look into answers freely.
  // biome-ignore lint/suspicious/noExplicitAny: an answer's body is whatever the API says
  readonly body: any;
};

export type Request = {
  readonly body?: unknown;
  readonly key?: string;
  /** Others than that; the gateway passes their names on in lower case. */
  readonly headers?: Record<string, string>;
  readonly as?: string;
  readonly admin?: boolean;
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string>;
  /** The token's claims, where a test wants other ones than a merchant's or an admin's. */
  readonly claims?: Record<string, string>;
};

type DepositBody = {
  readonly amount: string;
  readonly currency?: string;
  /** Whatever a test wants to send for it. */
  readonly release_at?: unknown;
};

type WithFakePools = { readonly merchantPool: FakeUserPool; readonly adminPool: FakeUserPool };

/** The whole API on a real engine and user pools in memory, called as the gateway calls it. */
export type Harness = {
  readonly engine: Engine;
  readonly context: ApiContext & WithFakePools & WithRates;
  /** Settable: the exchange rates that quotes are made from. */
  readonly exchange: { rates: Rates };
  /** A client without faults, for what the test itself looks at or changes. */
  readonly faultless: DynamoDBDocumentClient;
  readonly faults: FaultCounts;
  /** Of the requests on busy merchants. */
  readonly queue: FifoQueue;
  /** Settable, so that time passes when the test says so. */
  readonly clock: { now: Date };
  readonly call: (route: RouteName, request?: Request) => Promise<Reply>;
  /** As a client does: repeats 409 and 503 with the same key, after Retry-After, until it is answered. */
  readonly insist: (route: RouteName, request: Request) => Promise<Reply>;
  /** An approved merchant. Its bank account's ending tells the bank simulator how to behave. */
  readonly merchant: (limit: string, bankAccount?: string) => Promise<string>;
  readonly register: (name?: string, bankAccount?: string) => Promise<string>;
  readonly fillPool: (amount: string) => Promise<void>;
  /** Into a wallet of a merchant, at once and in USD unless said otherwise. */
  readonly deposit: (merchantId: string, body: DepositBody, key?: string) => Promise<Reply>;
  readonly rows: () => Promise<Record<string, unknown>[]>;
  readonly responses: () => Promise<Record<string, unknown>[]>;
  /**
   * Runs `action` once, when a transaction is about to be sent: the first one, or the one after `skip` others.
   * @returns what calls it off.
   */
  readonly beforeCommit: (action: () => Promise<void>, skip?: number) => () => void;
  readonly close: () => void;
};

export async function startHarness(
  seed = 1,
  rates: FaultRates = NO_FAULTS,
  { pacing: pace, ...settings }: Partial<Settings> & { readonly pacing?: Partial<Pacing> } = {},
): Promise<Harness> {
  const engine = await startEngine();
  const clock = { now: new Date('2026-11-20T12:00:00.000Z') };
  const faultless = documentClient(engine.client());
  const client = engine.client();
  const faults = injectFaults(client, seed, rates);
  const beforeCommit = interruptible(client);
  if (rates.overlapMs !== undefined) holdRows(client, { seed, meanMs: rates.overlapMs, faults });
  const dynamo = documentClient(client);
  const paced = { ...REAL, ...pace };
  const ledger = openLedger(dynamo, engine.ledgerTable, paced, () => clock.now);
  const responses = { ...ledger, table: engine.responsesTable };
  const queue: FifoQueue = new FifoQueue({
    // Sooner than an event source on AWS: a test would only wait.
    cycle: () => pause(2),
    now: () => clock.now.getTime(),
    run: (event) => runGroups(event),
    hidden: () => pause(20),
  });
  const exchange = { rates: fixedRates() };
  const context: ApiContext & WithFakePools & WithRates = {
    ledger,
    responses,
    busy: new BusyMerchants(ledger, responses, queue.send),
    settings: { ...SETTINGS, ...settings },
    rates: (from, to) => exchange.rates(from, to),
    merchantPool: fakeUserPool(POOLS.merchant),
    adminPool: fakeUserPool(POOLS.admin),
  };
  const queued = { ...context, memberOf: memberOf(context, QUEUED), stopAfterMs: 4_000 };
  const runGroups = runQueued(queued);
  const handler = apiHandler(
    GROUPS.flatMap(({ operations }) => [...operations]),
    context,
  );

  const call: Harness['call'] = async (route, request = {}) => {
    return replyOf(await handler(httpEvent(route, request), lambdaContext));
  };
  const insist: Harness['insist'] = async (route, request) => {
    for (let tries = 0; tries < 200; tries += 1) {
      const reply = await call(route, request);
      if (reply.status !== 503 && reply.body.code !== 'request_in_progress') return reply;
      // Less patient than a client: a test would only wait.
      await pause(Math.random() * 1_000);
    }
    throw new Error(`${route} got no final response`);
  };
  const register = async (
    name = `m-${randomUUID()}`,
    bankAccount = 'IRTEST0000000000001',
  ): Promise<string> => {
    const id = newMerchantId(clock.now);
    const merchant = { ...newMerchant(id, name, clock.now), bankAccount };
    const result = await commit(
      openLedger(faultless, engine.ledgerTable, paced),
      postChanges(registerMerchant(merchant)),
    );
    if (result.kind !== 'committed') throw new Error(`not registered: ${result.kind}`);
    return id;
  };
  return {
    engine,
    context,
    exchange,
    faultless,
    faults,
    queue,
    clock,
    call,
    insist,
    register,
    merchant: async (limit, bankAccount) => {
      const id = await register(undefined, bankAccount);
      const approve = {
        admin: true,
        key: `approve-${id}`,
        params: { id },
        body: { credit_limit: limit },
      };
      const reply = await insist('POST /admin/merchants/{id}/approve', approve);
      if (reply.status !== 200) throw new Error(reply.text);
      return id;
    },
    fillPool: async (amount) => {
      const topUpUsd = {
        admin: true,
        key: randomUUID(),
        params: { currency: 'USD' },
        body: { amount },
      };
      const reply = await insist('POST /admin/pools/{currency}/topups', topUpUsd);
      if (reply.status !== 201) throw new Error(reply.text);
    },
    deposit: (merchantId, body, key = randomUUID()) =>
      insist('POST /admin/wallets/{merchant_id}/deposits', {
        admin: true,
        key,
        params: { merchant_id: merchantId },
        body,
      }),
    rows: () => all(faultless, engine.ledgerTable),
    responses: () => all(faultless, engine.responsesTable),
    beforeCommit,
    close: () => {
      client.destroy();
      engine.close();
    },
  };
}

function interruptible(client: DynamoDBClient): Harness['beforeCommit'] {
  let waiting: { readonly action: () => Promise<void>; skip: number } | undefined;
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === 'TransactWriteItemsCommand' && waiting !== undefined) {
          const { action, skip } = waiting;
          waiting = skip === 0 ? undefined : { action, skip: skip - 1 };
          if (skip === 0) await action();
        }
        return next(args);
      },
    { step: 'initialize', name: 'beforeCommit', priority: 'high' },
  );
  return (action, skip = 0) => {
    waiting = { action, skip };
    return () => {
      waiting = undefined;
    };
  };
}

const all = async (
  dynamo: DynamoDBDocumentClient,
  table: string,
): Promise<Record<string, unknown>[]> => {
  const found: Record<string, unknown>[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = new ScanCommand({
      TableName: table,
      ConsistentRead: true,
      ExclusiveStartKey: start,
    });
    const { Items = [], LastEvaluatedKey } = await dynamo.send(page);
    found.push(...Items);
    start = LastEvaluatedKey;
  } while (start !== undefined);
  return found;
};

const newMerchant = (id: string, name: string, at: Date): Merchant => ({
  id,
  name,
  signIn: signInOf(id, name),
  status: 'PENDING',
  requestedCredit: minor(100_000n),
  requestedCurrency: USD,
  bankAccount: 'IRTEST0000000000001',
  // Two per cent.
  feePpm: 20_000n,
  timeZone: 'Asia/Tehran',
  feeTiers: {},
  limits: {},
  wallets: 0n,
  spent: {},
  transferVolume: {},
  createdAt: at.toISOString(),
  termsVersion: 1n,
  version: 1n,
});
