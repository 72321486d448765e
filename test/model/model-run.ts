import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from '@jest/globals';
import { PROBLEMS } from '../../lambdas/http/problems.ts';
import type { RouteName } from '../../lambdas/http/routes.ts';
import { isPassing } from '../../lambdas/ledger/commit.ts';
import { currencyCode, formatAmount } from '../../lambdas/ledger/money.ts';
import type { Reason } from '../../lambdas/ledger/reasons.ts';
import { isFinal, type Transaction } from '../../lambdas/ledger/transactions.ts';
import { carryOutDue } from '../../lambdas/payouts/execute-scheduled.ts';
import { sweep } from '../../lambdas/payouts/recover.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import { documentClient } from '../../lambdas/platform/clients.ts';
import type { Reply, Request, World } from '../harness/harness.ts';
import { sizeOf } from '../harness/size.ts';
import { MERCHANTS, MINUTE, SECOND, type Step, type StepOf, type Who } from './commands.ts';
import { type Mood, RememberingBank, WorkerDied } from './fake-bank.ts';
import {
  type Judged,
  judgeApproval,
  judgeArchive,
  judgeDeposit,
  judgeTransfer,
  judgeWithdrawal,
  type Verdict,
} from './oracle.ts';
import { type Books, expectSettledBooks, expectTrueBooks, readBooks } from './snapshot.ts';

const CURRENCIES = ['USD', 'USD', 'BTC'].map((code) => currencyCode.parse(code));
const TIMERS = {
  claimMs: 20 * SECOND,
  leaseMs: 90 * SECOND,
  visibilityMs: 180 * SECOND,
  quietMs: 10 * MINUTE,
};

type Asked = { readonly route: RouteName; readonly request: Request; readonly reply: Reply };
type Message = { readonly merchantId: string; readonly txnId: string };

/** One walk through the API, the settlement and the schedules of an empty world. */
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
      case 'preview':
        return this.#preview(next);
      case 'deposit':
        return this.#deposit(next);
      case 'withdraw':
        return this.#withdraw(next);
      case 'cancel':
        return this.#cancel(next);
      case 'fire':
        return this.#fireOne(next);
      case 'settle':
        return this.#settle(next);
      case 'sweep':
        return this.#sweep(next.mood);
      case 'price':
        return this.#price(next);
      case 'archive':
        return this.#archive(next);
      case 'suspend':
      case 'reactivate':
      case 'reject': {
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
      const open = (await this.#withdrawals()).filter(({ status }) => !isFinal(status));
      if (open.length === 0) break;
      for (const row of open) {
        if (row.status !== 'SCHEDULED') await this.#work('pays', row);
        else if (isDue(row, this.#world.clock.now)) await this.#fire(row);
      }
    }
    const books = await readBooks(this.#world);
    expectTrueBooks(books, this.#bank);
    expectSettledBooks(books, this.#bank);
    this.#expectAllAnswered(books);
    const { rows, answers } = await this.#dump();
    const sizes = [...rows, ...answers].map(([key, row]) => [sizeOf(row), key] as const);
    // What a write costs is counted in kilobytes.
    expect(sizes.filter(([size]) => size >= 1024)).toEqual([]);
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

  /** Asks, and holds the answer against the first one under this key, or else against the books. */
  async #ask(
    route: RouteName,
    request: Request,
    judge: (judged: Judged) => Verdict,
    copies = 1,
  ): Promise<void> {
    const expected = this.#earlier(route, request) ?? judge(await this.#judged());
    const replies = await Promise.all(
      Array.from({ length: copies }, () => this.#world.insist(route, request)),
    );
    const [reply] = replies;
    if (reply === undefined) throw new Error('nobody asked');
    for (const other of replies) expect(told(other)).toEqual(told(reply));
    expect([route, reply.status, reply.body.code]).toEqual([route, ...expected]);
    this.#asked.push({ route, request, reply });
  }

  /** What a request hears whose key was used before: the first answer, or that it is another request. */
  #earlier(route: RouteName, request: Request): Verdict | undefined {
    const first = this.#asked.find(
      (each) =>
        each.route === route &&
        each.request.key === request.key &&
        each.request.as === request.as &&
        isRemembered(each.reply),
    );
    if (first === undefined) return undefined;
    return wordsOf(first.request) === wordsOf(request)
      ? [first.reply.status, first.reply.body.code]
      : [422, 'idempotency_key_reused'];
  }

  async #judged(): Promise<Judged> {
    return { books: await readBooks(this.#world), now: this.#world.clock.now };
  }

  #topUp({ who, units, key }: StepOf<'top up'>): Promise<void> {
    const currency = this.#currencyOf(who);
    const body = { amount: formatAmount(units, currency) };
    const request = { admin: true, key, params: { currency }, body };
    return this.#ask('POST /admin/pools/{currency}/topups', request, () => [201, undefined]);
  }

  #approve({ who, units, key }: StepOf<'approve'>): Promise<void> {
    const [id, currency] = [this.#idOf(who), this.#currencyOf(who)];
    const body = { credit_limit: formatAmount(units, currency), currency };
    const request = { admin: true, key, params: { id }, body };
    return this.#ask('POST /admin/merchants/{id}/approve', request, (judged) =>
      judgeApproval(judged, id),
    );
  }

  #deposit({ who, units, key, aheadMs }: StepOf<'deposit'>): Promise<void> {
    const [id, currency] = [this.#idOf(who), this.#currencyOf(who)];
    const body = {
      amount: formatAmount(units, currency),
      currency,
      ...(aheadMs !== undefined && { release_at: this.#in(aheadMs) }),
    };
    const request = { admin: true, key, params: { merchant_id: id }, body };
    return this.#ask('POST /admin/wallets/{merchant_id}/deposits', request, (judged) =>
      judgeDeposit(judged, id),
    );
  }

  #transfer({ who, to, units, key }: StepOf<'transfer'>): Promise<void> {
    const { currency, request } = this.#transferOf(who, to, units);
    return this.#ask('POST /transfers', { ...request, key }, (judged) =>
      judgeTransfer(judged, request.as, request.body.to, units, currency),
    );
  }

  /** WA-8: priced as the transfer itself would be, and nothing of it is left behind. */
  async #preview({ who, to, units }: StepOf<'preview'>): Promise<void> {
    const { currency, request } = this.#transferOf(who, to, units);
    const before = await this.#dump();
    const reply = await this.#world.insist('POST /transfers', {
      ...request,
      query: { preview: 'true' },
    });
    const judged = await this.#judged();
    const [status, code] = judgeTransfer(judged, request.as, request.body.to, units, currency);
    expect([reply.status, reply.body.code]).toEqual([status === 201 ? 200 : status, code]);
    expect(await this.#dump()).toEqual(before);
  }

  #transferOf(who: Who, to: Who, units: bigint) {
    const currency = this.#currencyOf(who);
    const body = { to: this.#idOf(to), amount: formatAmount(units, currency), currency };
    return { currency, request: { as: this.#idOf(who), body } };
  }

  #withdraw(next: StepOf<'withdraw'>): Promise<void> {
    const { who, units, key, source, copies, aheadMs } = next;
    const [as, currency] = [this.#idOf(who), this.#currencyOf(who)];
    const body = {
      amount: formatAmount(units, currency),
      currency,
      source,
      ...(aheadMs !== undefined && { execute_at: this.#in(aheadMs) }),
    };
    const how = aheadMs === undefined ? source : 'later';
    return this.#ask(
      'POST /withdrawals',
      { as, key, body },
      (judged) => judgeWithdrawal(judged, as, currency, units, how),
      copies,
    );
  }

  /** Cancels only what is still scheduled; what is cancelled already stays so. */
  async #cancel({ which }: StepOf<'cancel'>): Promise<void> {
    const row = pick((await this.#withdrawals()).filter(hasTime), which);
    if (row === undefined) return;
    const request = { as: row.merchantId, params: { id: row.txnId } };
    const reply = await this.#world.insist('DELETE /withdrawals/{id}', request);
    const mayBe = row.status === 'SCHEDULED' || row.status === 'CANCELLED';
    expect([row.status, reply.status]).toEqual([row.status, mayBe ? 200 : 409]);
  }

  /** A schedule fires when its time has come; but also late, twice, or after it was cancelled. */
  async #fireOne({ which, copies }: StepOf<'fire'>): Promise<void> {
    const { now } = this.#world.clock;
    const row = pick(
      (await this.#withdrawals()).filter((each) => isDue(each, now)),
      which,
    );
    if (row === undefined) return;
    await Promise.all(Array.from({ length: copies }, () => this.#fire(row)));
  }

  /** Its message comes again until it may go. */
  async #fire(message: Message): Promise<void> {
    const { ledger, now } = this.#world.books;
    while ((await carryOutDue({ ledger, now })(message)).kind === 'again');
  }

  /** What the sweep finds is carried out or settled, as its messages would have it. */
  async #sweep(mood: Mood): Promise<void> {
    const { ledger, now } = this.#world.books;
    const [toSettle, toFire]: [Message[], Message[]] = [[], []];
    await sweep({
      ledger,
      now,
      againAfterMs: 15 * MINUTE,
      settle: async (message) => void toSettle.push(message),
      carryOut: async (message) => void toFire.push(message),
    })();
    for (const message of toSettle) await this.#work(mood, message);
    for (const message of toFire) await this.#fire(message);
  }

  async #price({ who, fee, tiers }: StepOf<'price'>): Promise<void> {
    const currency = this.#currencyOf(who);
    const fee_tiers = tiers.map((tier) => ({
      currency,
      from_volume: formatAmount(tier.from, currency),
      fee: tier.fee,
    }));
    const request = { admin: true, params: { id: this.#idOf(who) }, body: { fee, fee_tiers } };
    expect((await this.#world.insist('PATCH /admin/merchants/{id}', request)).status).toBe(200);
  }

  #archive({ who, key }: StepOf<'archive'>): Promise<void> {
    const id = this.#idOf(who);
    const request = { admin: true, key, params: { id } };
    return this.#ask('POST /admin/merchants/{id}/archive', request, (judged) =>
      judgeArchive(judged, id),
    );
  }

  async #settle(next: StepOf<'settle'>): Promise<void> {
    const all = await this.#withdrawals();
    const row = pick(next.late ? all : all.filter(({ status }) => !isFinal(status)), next.which);
    if (row === undefined) return;
    await Promise.all(Array.from({ length: next.workers }, () => this.#work(next.mood, row)));
  }

  /** One worker with one message. If it dies or meets an error, its message just comes again. */
  async #work(how: Mood, { merchantId, txnId }: Message): Promise<void> {
    const { ledger, now } = this.#world.books;
    const { promise: asleep, resolve: fallAsleep } = Promise.withResolvers<void>();
    const deps = { ledger, bank: this.#bank.in(how, fallAsleep), now, timers: TIMERS };
    const work = settle(deps)({ merchantId, txnId }).catch((error: unknown) => {
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
      .map(({ txnId, merchantId = '', status, executeAt }) => ({
        txnId,
        merchantId,
        status,
        executeAt,
      }));
  }

  /** Every acceptance is one transaction, and there is no other but releases, which nobody asks for. */
  #expectAllAnswered({ transactions }: Books): void {
    const accepted = this.#asked
      .filter(({ reply }) => reply.status < 300)
      .map(({ reply }) => reply.body.data.transaction_id ?? reply.body.data.id);
    const asked = transactions.filter(({ type }) => type !== 'release');
    expect([...new Set(accepted)].toSorted()).toEqual(asked.map(({ txnId }) => txnId).toSorted());
  }

  async #dump() {
    const byKey = (rows: Record<string, unknown>[]): readonly (readonly [string, unknown])[] =>
      rows
        .map((row) => [String(row['id'] ?? `${row['pk']}|${row['sk']}`), row] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { rows: byKey(await this.#world.rows()), answers: byKey(await this.#world.answers()) };
  }

  readonly #in = (ms: number): string =>
    new Date(this.#world.clock.now.getTime() + ms).toISOString();
  readonly #idOf = (index: Who): string => this.#merchants[index] ?? '';
  readonly #currencyOf = (index: Who) => CURRENCIES[index] ?? currencyCode.parse('USD');
}

const hasTime = ({ executeAt }: Pick<Transaction, 'executeAt'>): boolean => executeAt !== undefined;
const isDue = ({ executeAt = '~' }: Pick<Transaction, 'executeAt'>, now: Date): boolean =>
  executeAt <= now.toISOString();
const pick = <Item>(items: readonly Item[], which: number): Item | undefined =>
  items[which % Math.max(1, items.length)];
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
