import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { type Endpoint, httpFamily } from '../../lambdas/http/router.ts';
import type { RouteName } from '../../lambdas/http/routes.ts';
import { commit } from '../../lambdas/ledger/commit.ts';
import type { Books } from '../../lambdas/ledger/context.ts';
import type { Merchant } from '../../lambdas/ledger/merchant.ts';
import { currencyCode, minor } from '../../lambdas/ledger/money.ts';
import { registrationWrites } from '../../lambdas/ledger/rows/merchants.ts';
import { openLedger } from '../../lambdas/ledger/table.ts';
import { deposit } from '../../lambdas/operations/deposits/create-deposit.ts';
import { listAllTransactions } from '../../lambdas/operations/history/list-all-transactions.ts';
import {
  listTransactions,
  readOneTransaction,
  readTransactionByKey,
} from '../../lambdas/operations/history/transactions.ts';
import { readMe } from '../../lambdas/operations/me/read-me.ts';
import { approveMerchant } from '../../lambdas/operations/merchants/approve.ts';
import { archiveMerchant } from '../../lambdas/operations/merchants/archive.ts';
import { changeMerchantAsAdmin } from '../../lambdas/operations/merchants/change.ts';
import { moveMerchantAsAdmin } from '../../lambdas/operations/merchants/change-status.ts';
import { listMerchantsAsAdmin } from '../../lambdas/operations/merchants/list-merchants.ts';
import { readMerchantAsAdmin } from '../../lambdas/operations/merchants/read-merchant.ts';
import { readPool } from '../../lambdas/operations/pools/read-pool.ts';
import { topUp } from '../../lambdas/operations/pools/top-up-pool.ts';
import { createTransfer } from '../../lambdas/operations/transfers/create-transfer.ts';
import { listTransfers } from '../../lambdas/operations/transfers/list-transfers.ts';
import {
  listReleases,
  listWallets,
  readOneWallet,
} from '../../lambdas/operations/wallets/read-wallets.ts';
import { cancelWithdrawal } from '../../lambdas/operations/withdrawals/cancel-withdrawal.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { listWithdrawals } from '../../lambdas/operations/withdrawals/list-withdrawals.ts';
import { readWithdrawal } from '../../lambdas/operations/withdrawals/read-withdrawal.ts';
import { documentClient } from '../../lambdas/platform/clients.ts';
import { type Engine, startEngine } from './engine.ts';
import { type FaultCounts, type FaultRates, injectFaults } from './faults.ts';
import { httpEvent, lambdaContext, replyOf } from './http-event.ts';

export const USD = currencyCode.parse('USD');

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

/** The whole API but Cognito, on a real engine, called as the gateway calls it. */
export type World = {
  readonly engine: Engine;
  readonly books: Books;
  /** A client without faults, for what the test itself looks at or changes. */
  readonly calm: DynamoDBDocumentClient;
  readonly faults: FaultCounts;
  /** Settable, so that time passes when the test says so. */
  readonly clock: { now: Date };
  readonly call: (route: RouteName, request?: Request) => Promise<Reply>;
  /** As a client does it: repeats 409 and 503 with the same key, after Retry-After, until answered. */
  readonly insist: (route: RouteName, request: Request) => Promise<Reply>;
  /** An approved merchant. Its bank account's ending tells the bank simulator how to behave. */
  readonly merchant: (limit: string, bankAccount?: string) => Promise<string>;
  readonly register: (name?: string, bankAccount?: string) => Promise<string>;
  readonly fillPool: (amount: string) => Promise<void>;
  /** Into a wallet of a merchant, at once and in USD unless said otherwise. */
  readonly deposit: (merchantId: string, body: DepositBody, key?: string) => Promise<Reply>;
  readonly rows: () => Promise<Record<string, unknown>[]>;
  readonly answers: () => Promise<Record<string, unknown>[]>;
  readonly close: () => void;
};

const NO_FAULTS: FaultRates = { conflict: 0, throttle: 0, lostBefore: 0, lostAfter: 0 };

export async function startWorld(seed = 1, rates: FaultRates = NO_FAULTS): Promise<World> {
  const engine = await startEngine();
  const clock = { now: new Date('2026-11-20T12:00:00.000Z') };
  const calm = documentClient(engine.client());
  const client = engine.client();
  const faults = injectFaults(client, seed, rates);
  const dynamo = documentClient(client);
  const books: Books = {
    ledger: openLedger(dynamo, engine.ledgerTable),
    answers: { dynamo, table: engine.answersTable },
    now: () => clock.now,
  };
  const handler = httpFamily(endpointsOf(books));

  const call: World['call'] = async (route, request = {}) => {
    return replyOf(await handler(httpEvent(route, request), lambdaContext));
  };
  const insist: World['insist'] = async (route, request) => {
    for (let tries = 0; tries < 200; tries += 1) {
      const reply = await call(route, request);
      if (reply.status !== 503 && reply.body.code !== 'request_in_progress') return reply;
      await pause(Math.random() * 1_000 * Number(reply.headers['retry-after']));
    }
    throw new Error(`${route} was never answered`);
  };
  const register = async (
    name: string = randomUUID(),
    bankAccount = 'IRTEST0000000000001',
  ): Promise<string> => {
    const id = randomUUID();
    const ledger = openLedger(calm, engine.ledgerTable);
    const result = await commit(
      calm,
      registrationWrites(ledger, { ...newMerchant(id, name, clock.now), bankAccount }),
    );
    if (result.kind !== 'committed') throw new Error(`not registered: ${result.kind}`);
    return id;
  };
  return {
    engine,
    books,
    calm,
    faults,
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
    rows: () => all(calm, engine.ledgerTable),
    answers: () => all(calm, engine.answersTable),
    close: () => {
      client.destroy();
      engine.close();
    },
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

const endpointsOf = (books: Books): Partial<Record<RouteName, Endpoint>> => ({
  'POST /withdrawals': createWithdrawal(books, USD),
  'GET /withdrawals': listWithdrawals(books.ledger),
  'GET /withdrawals/{id}': readWithdrawal(books.ledger),
  'DELETE /withdrawals/{id}': cancelWithdrawal(books),
  'GET /me': readMe(books, USD),
  'GET /transactions': listTransactions(books.ledger),
  'GET /transactions/{id}': readOneTransaction(books.ledger),
  'GET /transactions/by-key/{key}': readTransactionByKey(books.ledger),
  'GET /admin/transactions': listAllTransactions(books.ledger),
  'POST /transfers': createTransfer(books, USD),
  'GET /transfers': listTransfers(books.ledger),
  'PATCH /admin/merchants/{id}': changeMerchantAsAdmin(books),
  'GET /wallets': listWallets(books),
  'GET /wallets/{currency}': readOneWallet(books),
  'GET /wallets/{currency}/releases': listReleases(books),
  'POST /admin/wallets/{merchant_id}/deposits': deposit(books, USD),
  'GET /admin/merchants': listMerchantsAsAdmin(books),
  'GET /admin/merchants/{id}': readMerchantAsAdmin(books),
  'POST /admin/merchants/{id}/approve': approveMerchant(books, USD),
  'POST /admin/merchants/{id}/reject': moveMerchantAsAdmin(books.ledger, 'reject'),
  'POST /admin/merchants/{id}/suspend': moveMerchantAsAdmin(books.ledger, 'suspend'),
  'POST /admin/merchants/{id}/archive': archiveMerchant(books),
  'POST /admin/merchants/{id}/reactivate': moveMerchantAsAdmin(books.ledger, 'reactivate'),
  'POST /admin/pools/{currency}/topups': topUp(books),
  'GET /admin/pools/{currency}': readPool(books.ledger),
});

const newMerchant = (id: string, name: string, at: Date): Merchant => ({
  id,
  name,
  status: 'PENDING',
  requestedCredit: minor(100_000n),
  requestedCurrency: USD,
  bankAccount: 'IRTEST0000000000001',
  // Two per cent.
  feePpm: 20_000n,
  timeZone: 'Asia/Tehran',
  feeTiers: {},
  limits: {},
  spent: {},
  transferVolume: {},
  createdAt: at.toISOString(),
  seq: 1n,
});
