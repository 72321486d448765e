import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { BusyMerchants } from '../../lambdas/ledger/busy/busy-merchants.ts';
import { commit } from '../../lambdas/ledger/commit.ts';
import { type LedgerContext, openLedger } from '../../lambdas/ledger/context.ts';
import { creditKey, merchantOf, walletKey } from '../../lambdas/ledger/keys.ts';
import { registerMerchant } from '../../lambdas/ledger/merchant.ts';
import { postChanges } from '../../lambdas/ledger/post.ts';
import { transactionRow } from '../../lambdas/ledger/transactions.ts';
import { createRepayment } from '../../lambdas/operations/credit/create-repayment.ts';
import { createDeposit } from '../../lambdas/operations/deposits/create-deposit.ts';
import { approveMerchant } from '../../lambdas/operations/merchants/approve.ts';
import { rebalance } from '../../lambdas/operations/pools/rebalance.ts';
import { topUpPool } from '../../lambdas/operations/pools/top-up-pool.ts';
import { createTransfer } from '../../lambdas/operations/transfers/create-transfer.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import type { Provider } from '../../lambdas/payouts/providers/provider.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import { memberOf } from '../../lambdas/queued/members.ts';
import { QUEUED } from '../../lambdas/queued/operations.ts';
import { runQueued } from '../../lambdas/queued/run-queued.ts';
import { bothProviders } from '../harness/both-providers.ts';
import { contendedTable } from '../harness/contention/contended-table.ts';
import { Processes } from '../harness/contention/processes.ts';
import type { WrittenRow } from '../harness/contention/table-state.ts';
import { VirtualTime } from '../harness/contention/virtual-time.ts';
import { FifoQueue } from '../harness/fifo-queue.ts';
import { lambdaContext } from '../harness/http-event.ts';
import { aMerchant, SETTINGS, USD } from '../harness/in-memory-ledger.ts';
import { TIMERS } from '../harness/timers.ts';
import { losing } from './losing.ts';
import { dollars, idOf } from './pool-model.ts';
import { legsOf } from './posted.ts';

const OPERATIONS = {
  approve: approveMerchant,
  'top up': topUpPool,
  deposit: createDeposit,
  withdraw: createWithdrawal,
  transfer: createTransfer,
  repay: createRepayment,
} as const;
export type Sent = {
  readonly operation: keyof typeof OPERATIONS;
  readonly as: string;
  readonly params?: object;
  readonly body: object;
  readonly key: string;
};
export type Reply = {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
  readonly replayed: boolean;
  /** Virtual times of the first try and of the answer. */
  readonly from: number;
  readonly to: number;
};

const REFUSES: Provider = {
  pay: async () => ({ kind: 'refused', code: 'account_closed' }),
  inquire: async () => ({ kind: 'refused', code: 'account_closed' }),
};
const MOST_TRIES = 30;
/** Of the batches of the queue. */
const KILLED = 0.05;

/**
 * What was certainly there over time: what leaves a balance counts when it is decided, and what comes in when its
 * answer has arrived. Nobody can have read less for longer.
 */
class Floors {
  readonly #known = new Map<string, { readonly at: number; readonly value: bigint }[]>();

  add(row: string, at: number, amount: bigint): void {
    const known = this.#known.get(row) ?? [];
    this.#known.set(row, [...known, { at, value: (known.at(-1)?.value ?? 0n) + amount }]);
  }

  /** For a moment, so much less. */
  dip(row: string, at: number, amount: bigint): void {
    if (amount === 0n) return;
    this.add(row, at, amount);
    this.add(row, at, -amount);
  }

  /** The least that it was at any moment from one time to another. */
  lowest(row: string, from: number, to: number): bigint {
    const known = this.#known.get(row) ?? [];
    const before = known.findLast(({ at }) => at <= from)?.value ?? 0n;
    const within = known.filter(({ at }) => at > from && at <= to).map(({ value }) => value);
    return [before, ...within].reduce((least, each) => (each < least ? each : least));
  }
}

type Balances = { readonly wallets: Floors; readonly credit: Floors; readonly utilised: Floors };

type Change = {
  readonly of: keyof Balances;
  readonly merchantId: string;
  readonly amount: bigint;
  /** The lowest sum on the way, where several requests changed it in one transaction, one after the other. */
  readonly dip: bigint;
};

/** What the rows of one transaction add to each balance of a merchant. */
function changesIn(rows: readonly WrittenRow[]): readonly Change[] {
  const isGroup = rows.some(
    ({ after }) => z.array(z.unknown()).min(2).safeParse(after?.['by']).success,
  );
  const transactions = (isGroup ? rows : []).flatMap(
    ({ after }) => transactionRow.safeParse(after).data ?? [],
  );
  const legs = transactions.flatMap(legsOf);
  return rows.flatMap(({ name, before, after }): Change[] => {
    const by = z.array(z.string()).safeParse(after?.['by']).data ?? [];
    const merchantId = merchantOf(name.split('|')[0] ?? '');
    const change = (of: keyof Balances, attribute: string, sign: bigint): Change => {
      let sum = 0n;
      let dip = 0n;
      for (const phase of by) {
        for (const { writer, cells } of legs) {
          if (writer.by !== phase) continue;
          for (const cell of cells)
            if (cell.row === name && cell.attribute === attribute) sum += sign * cell.amount;
        }
        if (sum < dip) dip = sum;
      }
      const [was, is] = [before, after].map((row) => BigInt(String(row?.[attribute] ?? 0)));
      return { of, merchantId, amount: sign * ((is ?? 0n) - (was ?? 0n)), dip };
    };
    if (name.endsWith(walletKey('', USD).sk)) return [change('wallets', 'available', 1n)];
    if (!name.endsWith(creditKey('', USD).sk)) return [];
    const limit = change('credit', 'limit', 1n);
    const used = change('credit', 'utilised', -1n);
    return [change('utilised', 'utilised', 1n), { ...used, amount: limit.amount + used.amount }];
  });
}

/** Merchants of which some are busy, on the contention model, where requests, answers and functions are lost. */
export async function busyModel({
  seed,
  merchants,
  cycleMs = 20,
  faults = true,
}: {
  readonly seed: number;
  readonly merchants: number;
  readonly cycleMs?: number;
  readonly faults?: boolean;
}) {
  const time = new VirtualTime(seed);
  const balances: Balances = {
    wallets: new Floors(),
    credit: new Floors(),
    utilised: new Floors(),
  };
  let largestGroup = 0;
  const committed = (rows: readonly WrittenRow[]): void => {
    for (const { after } of rows) {
      const by = after?.['by'];
      if (Array.isArray(by)) largestGroup = Math.max(largestGroup, by.length);
    }
    for (const { of, merchantId, amount, dip } of changesIn(rows)) {
      balances[of].dip(merchantId, time.now(), dip);
      if (amount < 0n) balances[of].add(merchantId, time.now(), amount);
    }
  };
  const acknowledged = (rows: readonly WrittenRow[]): void => {
    for (const { of, merchantId, amount } of changesIn(rows))
      if (amount > 0n) balances[of].add(merchantId, time.now(), amount);
  };
  const table = contendedTable(time, { committed, acknowledged });
  const settings = { ...SETTINGS, poolShards: 16, secondAdminAbove: {} };
  const client = faults ? losing(table.dynamo, time) : table.dynamo;

  const contextOn = (dynamo: LedgerContext['dynamo']) => {
    const ledger = openLedger(dynamo, 'Ledger', time.pacing(10_000), time.date);
    const responses = { ...ledger, table: 'Responses' };
    return { ledger, responses, busy: new BusyMerchants(ledger, responses, queue.send), settings };
  };
  const runIn = (dynamo: LedgerContext['dynamo'], event: SQSEvent) => {
    const context = contextOn(dynamo);
    const deps = { ...context, memberOf: memberOf(context, QUEUED), stopAfterMs: 4_000 };
    return runQueued(deps)(event);
  };
  const queue: FifoQueue = new FifoQueue({
    cycle: () => time.sleep(time.latency(cycleMs)),
    now: () => time.date().getTime(),
    hidden: () => time.sleep(6_000),
    run: async (event) => {
      if (!faults || time.random() >= KILLED) return runIn(client, event);
      // Its transaction is sent or not, and nothing happens in this function afterwards.
      const killed = Promise.withResolvers<never>();
      const isSent = time.random() < 0.5;
      const send = async (command: Parameters<LedgerContext['dynamo']['send']>[0]) => {
        if (!String(command.constructor.name).startsWith('TransactWrite'))
          return client.send(command);
        if (isSent) await client.send(command).catch(() => undefined);
        killed.reject(new Error('the function was killed'));
        return new Promise(() => undefined);
      };
      await Promise.race([
        runIn({ send } as unknown as LedgerContext['dynamo'], event),
        killed.promise,
        time.sleep(5_000).then(() => Promise.reject(new Error('the function timed out'))),
      ]);
    },
  });

  const processes = new Processes(() => {
    const context = contextOn(client);
    const endpoints = Object.entries(OPERATIONS).map(
      ([name, each]) => [name, each.endpoint(context)] as const,
    );
    return { context, endpoints: new Map(endpoints) };
  });
  let requests = 0;
  /** As a client does: repeats 409 and 503 with the same key, until it is answered. */
  const send = async ({ operation, as, params = {}, body, key }: Sent): Promise<Reply> => {
    const from = time.now();
    for (let tries = 1; ; tries += 1) {
      requests += 1;
      const id = `r${requests}`;
      const isAdmin = as === 'admin';
      const caller = {
        id: as,
        name: `${isAdmin ? 'admin' : 'merchant'}:${as}`,
        user: { username: as, sub: as },
      };
      const request = { method: 'POST', path: operation, query: '', body };
      const call = { id, sourceIp: '', caller, request, context: lambdaContext };
      const {
        status,
        body: text,
        replayed,
        headers,
      } = await processes.inProcess(({ endpoints }) => {
        const endpoint = endpoints.get(operation);
        if (endpoint === undefined) throw new Error(`no ${operation}`);
        return endpoint(call, { params, query: {}, body, key });
      });
      const code = status < 300 ? undefined : String(JSON.parse(text).code);
      const isFinal = status !== 503 && code !== 'request_in_progress';
      if (isFinal || tries === MOST_TRIES)
        return { status, code, text, replayed: replayed === true, from, to: time.now() };
      await time.sleep(1_000 * Number(headers?.['retry-after'] ?? 1));
    }
  };
  const accepted = async (sent: Sent): Promise<void> => {
    const reply = await send(sent);
    if (reply.status >= 300) throw new Error(reply.text);
  };

  const ids = Array.from({ length: merchants }, (_, index) => idOf(index));
  const setUp = async (limit: bigint, funds: bigint): Promise<void> => {
    const { ledger } = contextOn(table.dynamo);
    const currency = { currency: USD };
    for (const id of ids) {
      const merchant = aMerchant({
        id,
        name: `name-${id}`,
        status: 'PENDING',
        wallets: 0n,
        version: 1n,
      });
      await commit(ledger, postChanges(registerMerchant(merchant)));
    }
    const body = { amount: '1000000.00' };
    await accepted({ operation: 'top up', as: 'admin', params: currency, body, key: 'pool' });
    await rebalance(ledger, USD);
    await Promise.all(
      ids.map(async (id) => {
        const approval = { credit_limit: dollars(limit) };
        await accepted({
          operation: 'approve',
          as: 'admin',
          params: { id },
          body: approval,
          key: `a-${id}`,
        });
        const params = { merchant_id: id };
        await accepted({
          operation: 'deposit',
          as: 'admin',
          params,
          body: { amount: dollars(funds) },
          key: `d-${id}`,
        });
      }),
    );
  };
  /** The bank refuses a payout. The queue delivers its message again until it is final. */
  const refuse = async (merchantId: string, txnId: string): Promise<void> => {
    for (let tries = 0; tries < 20; tries += 1) {
      const outcome = await processes.inProcess(({ context }) =>
        settle({ ...context, providers: bothProviders(REFUSES), timers: TIMERS })({
          merchantId,
          txnId,
        }),
      );
      if (outcome === 'done') return;
      await time.sleep(TIMERS.visibilityMs);
    }
    throw new Error(`${txnId} was not refunded`);
  };
  return {
    time,
    table,
    queue,
    ids,
    setUp,
    send,
    refuse,
    balances,
    largestGroup: () => largestGroup,
    rows: () => table.rows('Ledger'),
    responses: () => table.rows('Responses'),
  };
}
