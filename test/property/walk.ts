import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { RouteName } from '../../lambdas/api/routes.ts';
import { feeOf } from '../../lambdas/domain/fee.ts';
import { currencyCode, formatAmount, minor } from '../../lambdas/domain/money.ts';
import type { Reason } from '../../lambdas/domain/reason.ts';
import type { Source } from '../../lambdas/domain/transaction.ts';
import { settle } from '../../lambdas/queue/settle.ts';
import { documentClient } from '../../lambdas/runtime/clients.ts';
import { PROBLEMS } from '../../lambdas/runtime/problems.ts';
import { isPassing } from '../../lambdas/store/commit.ts';
import type { Reply, Request, World } from '../support/world.ts';
import { type Books, expectSettledBooks, expectTrueBooks, readBooks } from './books.ts';
import { MOODS, type Mood, RememberingBank, WorkerDied } from './remembering-bank.ts';

/** Two merchants share a pool, the third has one of its own. */
const CURRENCIES = ['USD', 'USD', 'BTC'].map((code) => currencyCode.parse(code));
const MERCHANTS = [0, 1, 2] as const;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const TIMERS = {
  claimMs: 20 * SECOND,
  leaseMs: 90 * SECOND,
  visibilityMs: 180 * SECOND,
  quietMs: 10 * MINUTE,
};

type Who = (typeof MERCHANTS)[number];
export type Step =
  | { readonly do: 'top up'; readonly who: Who; readonly units: bigint; readonly key: string }
  | {
      readonly do: 'transfer';
      readonly who: Who;
      readonly to: Who;
      readonly units: bigint;
      readonly key: string;
    }
  | { readonly do: 'deposit'; readonly who: Who; readonly units: bigint; readonly key: string }
  | { readonly do: 'approve'; readonly who: Who; readonly units: bigint; readonly key: string }
  | {
      readonly do: 'withdraw';
      readonly source: Source;
      readonly who: Who;
      readonly units: bigint;
      readonly key: string;
      readonly copies: number;
    }
  | {
      readonly do: 'settle';
      readonly which: number;
      /** A message may come again when all is done. */
      readonly late: boolean;
      readonly mood: Mood;
      readonly workers: number;
    }
  | { readonly do: 'suspend' | 'reactivate'; readonly who: Who }
  | { readonly do: 'wake' }
  | { readonly do: 'wait'; readonly ms: number };

const who = fc.constantFrom(...MERCHANTS);
const units = fc.bigInt({ min: 1n, max: 120n });
/** Few enough that some are used twice, by mistake or as a repeat. */
const key = fc.nat(30).map((number) => `k${number}`);
const is = <Name extends Step['do']>(name: Name) => fc.constant(name);
const mood = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<Mood>('pays', 'refuses') },
  { weight: 2, arbitrary: fc.constantFrom(...MOODS) },
);
const times = fc.oneof(
  { weight: 5, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.constantFrom(2, 3) },
);
const late = fc.nat(7).map((roll) => roll === 0);
const source = fc.constantFrom<Source>('credit', 'credit', 'wallet');
const settling = { do: is('settle'), which: fc.nat(50), late, mood, workers: times };
const ms = fc.constantFrom(
  SECOND,
  100 * SECOND,
  11 * MINUTE,
  11 * MINUTE,
  20 * HOUR,
  12 * 24 * HOUR,
);

/** Whatever merchants, admins, workers and the clock may do next. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: is('top up'), who, units, key }) },
  { weight: 2, arbitrary: fc.record({ do: is('approve'), who, units, key }) },
  { weight: 4, arbitrary: fc.record({ do: is('deposit'), who, units, key }) },
  { weight: 6, arbitrary: fc.record({ do: is('transfer'), who, to: who, units, key }) },
  {
    weight: 12,
    arbitrary: fc.record({ do: is('withdraw'), who, units, key, source, copies: times }),
  },
  { weight: 16, arbitrary: fc.record(settling) },
  { weight: 1, arbitrary: fc.record({ do: is('suspend'), who }) },
  { weight: 2, arbitrary: fc.record({ do: is('reactivate'), who }) },
  { weight: 1, arbitrary: fc.record({ do: is('wake') }) },
  { weight: 6, arbitrary: fc.record({ do: is('wait'), ms }) },
);

/** A walk begins with something to walk on: a pool that is smaller than what its merchants may draw. */
const BEGINNING: readonly Step[] = [
  { do: 'top up', who: 0, units: 350n, key: 'first-0' },
  { do: 'approve', who: 0, units: 300n, key: 'first-0' },
  { do: 'approve', who: 1, units: 300n, key: 'first-1' },
  { do: 'top up', who: 2, units: 400n, key: 'first-2' },
];
export const steps = (length: number): fc.Arbitrary<readonly Step[]> =>
  fc
    .array(step, { minLength: length / 2, maxLength: length })
    .map((walk) => [...BEGINNING, ...walk]);

type Asked = { readonly route: RouteName; readonly request: Request; readonly reply: Reply };

/** One walk through the API and the settlement of an empty world. */
export class Walk {
  readonly #world: World;
  readonly #merchants: readonly string[];
  readonly #bank = new RememberingBank();
  readonly #asked: Asked[] = [];
  readonly #working: Promise<unknown>[] = [];

  private constructor(world: World, merchants: readonly string[]) {
    this.#world = world;
    this.#merchants = merchants;
  }

  static async begin(world: World): Promise<Walk> {
    await empty(world);
    world.clock.now = new Date('2026-11-20T12:00:00.000Z');
    const merchants = [];
    for (const each of MERCHANTS) merchants.push(await world.register(`walker-${each}`));
    return new Walk(world, merchants);
  }

  async take(next: Step): Promise<void> {
    switch (next.do) {
      case 'top up':
        return this.#topUp(next);
      case 'approve':
        return this.#approve(next);
      case 'transfer':
        return this.#transfer(next);
      case 'deposit':
        return this.#deposit(next);
      case 'withdraw':
        return this.#withdraw(next);
      case 'settle':
        return this.#settle(next);
      case 'suspend':
      case 'reactivate': {
        const params = { id: this.#idOf(next.who) };
        await this.#world.insist(`POST /admin/merchants/{id}/${next.do}`, { admin: true, params });
        return;
      }
      case 'wake':
        return this.#wake();
      case 'wait':
        this.#bank.arrive();
        this.#world.clock.now = new Date(this.#world.clock.now.getTime() + next.ms);
    }
  }

  async check(): Promise<void> {
    expectTrueBooks(await readBooks(this.#world), this.#bank);
  }

  /** Everybody is let go on until nothing is under way. */
  async finish(): Promise<void> {
    await this.#wake();
    for (const each of MERCHANTS) await this.take({ do: 'reactivate', who: each });
    for (let rounds = 0; rounds < 100; rounds += 1) {
      await this.take({ do: 'wait', ms: 11 * MINUTE });
      const open = (await this.#withdrawals()).filter(({ status }) => !isOver(status));
      if (open.length === 0) break;
      for (const { merchantId, txnId } of open) await this.#work('pays', { merchantId, txnId });
    }
    const books = await readBooks(this.#world);
    expectTrueBooks(books, this.#bank);
    expectSettledBooks(books, this.#bank);
    this.#expectAllAnswered(books);
  }

  /** AP-1: every request again, in its old words, is told what it was told and changes nothing. */
  async repeatEverything(): Promise<void> {
    const before = await this.#dump();
    for (const { route, request, reply } of this.#asked) {
      const again = await this.#world.insist(route, request);
      if (isRemembered(reply)) expect(told(again)).toEqual(told(reply));
      else expect(again.status).toBeGreaterThanOrEqual(400);
    }
    expect(await this.#dump()).toEqual(before);
  }

  async #ask(route: RouteName, request: Request, copies = 1): Promise<Reply> {
    const replies = await Promise.all(
      Array.from({ length: copies }, () => this.#world.insist(route, request)),
    );
    const [reply] = replies;
    if (reply === undefined) throw new Error('nobody asked');
    for (const other of replies) expect(told(other)).toEqual(told(reply));
    this.#asked.push({ route, request, reply });
    return reply;
  }

  async #topUp({ who: index, units: amount, key: under }: Step & { do: 'top up' }): Promise<void> {
    const currency = this.#currencyOf(index);
    const body = { amount: formatAmount(amount, currency) };
    const params = { currency };
    const request = { admin: true, key: under, params, body };
    const earlier = this.#earlier('POST /admin/pools/{currency}/topups', request);
    const reply = await this.#ask('POST /admin/pools/{currency}/topups', request);
    expect([reply.status, reply.body.code]).toEqual(earlier ?? [201, undefined]);
  }

  async #approve(next: Step & { do: 'approve' }): Promise<void> {
    const currency = this.#currencyOf(next.who);
    const request = {
      admin: true,
      key: next.key,
      params: { id: this.#idOf(next.who) },
      body: { credit_limit: formatAmount(next.units, currency), currency },
    };
    const { status } = await this.#merchant(next.who);
    const earlier = this.#earlier('POST /admin/merchants/{id}/approve', request);
    const reply = await this.#ask('POST /admin/merchants/{id}/approve', request);
    const now = status === 'PENDING' ? [200, undefined] : [409, 'merchant_already_approved'];
    expect([reply.status, reply.body.code]).toEqual(earlier ?? now);
  }

  async #deposit(next: Step & { do: 'deposit' }): Promise<void> {
    const currency = this.#currencyOf(next.who);
    const request = {
      admin: true,
      key: next.key,
      params: { merchant_id: this.#idOf(next.who) },
      body: { amount: formatAmount(next.units, currency), currency },
    };
    const { status } = await this.#merchant(next.who);
    const earlier = this.#earlier('POST /admin/wallets/{merchant_id}/deposits', request);
    const reply = await this.#ask('POST /admin/wallets/{merchant_id}/deposits', request);
    const now = status === 'PENDING' ? [422, 'merchant_cannot_receive'] : [201, undefined];
    expect([reply.status, reply.body.code]).toEqual(earlier ?? now);
  }

  async #transfer(next: Step & { do: 'transfer' }): Promise<void> {
    const currency = this.#currencyOf(next.who);
    const to = this.#idOf(next.to);
    const request = {
      as: this.#idOf(next.who),
      key: next.key,
      body: { to, amount: formatAmount(next.units, currency), currency },
    };
    const expected = this.#earlier('POST /transfers', request) ?? (await this.#judgeTransfer(next));
    const reply = await this.#ask('POST /transfers', request);
    expect([reply.status, reply.body.code]).toEqual(expected);
  }

  async #judgeTransfer({
    who: from,
    to,
    units: amount,
  }: Step & { do: 'transfer' }): Promise<readonly [number, string | undefined]> {
    const { wallets } = await readBooks(this.#world);
    const [payer, payee] = [await this.#merchant(from), await this.#merchant(to)];
    if (payer.status === 'SUSPENDED') return [403, 'merchant_suspended'];
    if (payer.status === 'PENDING') return [403, 'merchant_not_approved'];
    if (payer.id === payee.id) return [422, 'self_transfer'];
    if (payee.status === 'PENDING') return [404, 'payee_not_found'];
    const wallet = wallets.find(
      ({ owner, currency }) => owner === payer.id && currency === this.#currencyOf(from),
    );
    const total = amount + feeOf(minor(amount), payer.feePpm);
    return (wallet?.available ?? 0n) < total ? [402, 'insufficient_funds'] : [201, undefined];
  }

  async #withdraw(next: Step & { do: 'withdraw' }): Promise<void> {
    const currency = this.#currencyOf(next.who);
    const request = {
      as: this.#idOf(next.who),
      key: next.key,
      body: { amount: formatAmount(next.units, currency), currency, source: next.source },
    };
    const expected = this.#earlier('POST /withdrawals', request) ?? (await this.#judge(next));
    const reply = await this.#ask('POST /withdrawals', request, next.copies);
    expect([reply.status, reply.body.code]).toEqual(expected);
  }

  /** What a withdrawal that nobody asked for before must hear: never refused what is covered, never more. */
  async #judge({
    who: index,
    units: amount,
    source: from,
  }: Step & { do: 'withdraw' }): Promise<readonly [number, string | undefined]> {
    const { credit, pools, wallets } = await readBooks(this.#world);
    const { id, status } = await this.#merchant(index);
    if (status === 'SUSPENDED') return [403, 'merchant_suspended'];
    const line = credit.find(({ owner }) => owner === id);
    if (line === undefined) return [403, 'merchant_not_approved'];
    if (from === 'wallet') {
      const held =
        wallets.find(({ owner, currency }) => owner === id && currency === this.#currencyOf(index))
          ?.available ?? 0n;
      return held < amount ? [402, 'insufficient_funds'] : [202, undefined];
    }
    if (line.limit - line.utilised < amount) return [402, 'insufficient_credit'];
    const pool = pools.find(({ currency }) => currency === this.#currencyOf(index));
    if ((pool?.available ?? 0n) < amount) return [402, 'insufficient_pool'];
    return [202, undefined];
  }

  /** What a request hears whose key was used before: the first answer, or that it is another request. */
  #earlier(route: RouteName, request: Request): readonly [number, string | undefined] | undefined {
    const sameKey = this.#asked.filter(
      (each) =>
        each.route === route &&
        each.request.key === request.key &&
        each.request.as === request.as &&
        isRemembered(each.reply),
    );
    const first = sameKey[0];
    if (first === undefined) return undefined;
    return wordsOf(first.request) === wordsOf(request)
      ? [first.reply.status, first.reply.body.code]
      : [422, 'idempotency_key_reused'];
  }

  async #settle(next: Step & { do: 'settle' }): Promise<void> {
    const all = await this.#withdrawals();
    const wanted = next.late ? all : all.filter(({ status }) => !isOver(status));
    const row = wanted[next.which % Math.max(1, wanted.length)];
    if (row === undefined) return;
    const { merchantId, txnId } = row;
    await Promise.all(
      Array.from({ length: next.workers }, () => this.#work(next.mood, { merchantId, txnId })),
    );
  }

  /** One worker with one message. If it dies or meets an error, its message just comes again. */
  async #work(how: Mood, message: { merchantId: string; txnId: string }): Promise<void> {
    const { ledger, now } = this.#world.books;
    const { promise: asleep, resolve: fallAsleep } = Promise.withResolvers<void>();
    const deps = { ledger, bank: this.#bank.in(how, fallAsleep), now, timers: TIMERS };
    const work = settle(deps)(message).catch((error: unknown) => {
      if (!(error instanceof WorkerDied) && !isPassing(error)) throw error;
    });
    this.#working.push(work);
    await Promise.race([work, asleep]);
  }

  async #wake(): Promise<void> {
    this.#bank.wake();
    await Promise.all(this.#working.splice(0));
  }

  async #withdrawals() {
    const { transactions } = await readBooks(this.#world);
    return transactions
      .filter(({ type }) => type === 'withdrawal')
      .toSorted((a, b) => (a.createdAt + a.txnId < b.createdAt + b.txnId ? -1 : 1))
      .map(({ txnId, merchantId = '', status }) => ({ txnId, merchantId, status }));
  }

  async #merchant(index: Who) {
    const { merchants } = await readBooks(this.#world);
    const found = merchants.find(({ id }) => id === this.#idOf(index));
    if (found === undefined) throw new Error('a merchant is gone');
    return found;
  }

  /** Every acceptance is one transaction, and there is no other. */
  #expectAllAnswered({ transactions }: Books): void {
    const accepted = this.#asked
      .filter(({ reply }) => reply.status < 300)
      .map(({ reply }) => reply.body.data.transaction_id ?? reply.body.data.id);
    expect([...new Set(accepted)].toSorted()).toEqual(
      transactions.map(({ txnId }) => txnId).toSorted(),
    );
  }

  async #dump() {
    const byKey = (rows: Record<string, unknown>[]): readonly (readonly [string, unknown])[] =>
      rows
        .map((row) => [String(row['id'] ?? `${row['pk']}|${row['sk']}`), row] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { rows: byKey(await this.#world.rows()), answers: byKey(await this.#world.answers()) };
  }

  readonly #idOf = (index: Who): string => this.#merchants[index] ?? '';
  readonly #currencyOf = (index: Who) => CURRENCIES[index] ?? currencyCode.parse('USD');
}

const isOver = (status: string): boolean => status === 'SUCCEEDED' || status === 'FAILED';
const wordsOf = ({ params, body }: Request): string => JSON.stringify([params, body]);

/** Whether a later copy is to hear exactly this. */
const isRemembered = ({ status, body }: Reply): boolean =>
  status < 300 || (body.code !== 'idempotency_key_reused' && PROBLEMS[body.code as Reason].stored);

/** To the letter where it is remembered; else all but the request's own id. */
const told = (reply: Reply): unknown =>
  isRemembered(reply) ? [reply.status, reply.text] : [reply.status, reply.body.code];

async function empty(world: World): Promise<void> {
  const dynamo = documentClient(world.engine.client());
  const { ledgerTable, answersTable } = world.engine;
  const keys = [
    ...(await world.rows()).map(({ pk, sk }) => [ledgerTable, { pk, sk }] as const),
    ...(await world.answers()).map(({ id }) => [answersTable, { id }] as const),
  ];
  for (let from = 0; from < keys.length; from += 25) {
    const requests: Record<string, { DeleteRequest: { Key: Record<string, unknown> } }[]> = {};
    for (const [table, Key] of keys.slice(from, from + 25)) {
      requests[table] = [...(requests[table] ?? []), { DeleteRequest: { Key } }];
    }
    await dynamo.send(new BatchWriteCommand({ RequestItems: requests }));
  }
  dynamo.destroy();
}
