import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { expect } from '@jest/globals';
import pMap from 'p-map';
import { merchantPk, poolPk } from '../../lambdas/ledger/keys.ts';
import { type Currency, currencyCode, formatAmount } from '../../lambdas/ledger/money.ts';
import { ROOT } from '../../lambdas/ledger/pool/pool.ts';
import { REASONS, type Reason } from '../../lambdas/ledger/reasons.ts';
import {
  hasPayout,
  isFinal,
  type PayoutTransaction,
  type Withdrawal,
} from '../../lambdas/ledger/transactions.ts';
import type { RouteName } from '../../lambdas/operations/index.ts';
import { rebalance } from '../../lambdas/operations/pools/rebalance.ts';
import { executeScheduled } from '../../lambdas/payouts/execute-scheduled.ts';
import { recover } from '../../lambdas/payouts/recover.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import type { PayoutMessage } from '../../lambdas/payouts/settle-rule.ts';
import { isRetryable } from '../../lambdas/platform/retry.ts';
import type { Harness, Reply, Request } from '../harness/harness.ts';
import { notBusy } from '../harness/not-busy.ts';
import { adminClaims } from '../harness/sign-ins.ts';
import { sizeOf } from '../harness/size.ts';
import { TIMERS } from '../harness/timers.ts';
import {
  type Command,
  type CommandOf,
  MERCHANTS,
  type MerchantNumber,
  MINUTE,
} from './commands.ts';
import { FakeBank, type FaultMode, WorkerCrashed } from './fake-bank.ts';
import {
  expectBankAgrees,
  expectConsistentLedger,
  expectSettledLedger,
  expectTraceableChanges,
} from './invariants.ts';
import { LedgerView } from './ledger-view.ts';
import {
  conversionEffect,
  type Effect,
  type ExpectedResponse,
  expectedApproval,
  expectedArchive,
  expectedCancellation,
  expectedConversion,
  expectedCreditRequest,
  expectedDecision,
  expectedDeposit,
  expectedLimit,
  expectedOpening,
  expectedQuote,
  expectedRecordedRepayment,
  expectedRepayment,
  expectedReversal,
  expectedTransfer,
  expectedWithdrawal,
  fundsOf,
  isAlsoAllowed,
  limitEffect,
  recordedRepaymentEffect,
  repaymentEffect,
  reversalEffect,
  type Situation,
  transferEffect,
  withdrawalEffect,
} from './oracle.ts';

import { type LedgerSnapshot, once, type Row, rowId } from './snapshot.ts';

const CURRENCIES = ['USD', 'USD', 'BTC'].map((code) => currencyCode.parse(code));

/** A request with a key. Where the key is new, the oracle decides what the response must be. */
type Planned = {
  readonly route: RouteName;
  readonly request: Request;
  readonly oracle: (situation: Situation) => ExpectedResponse;
  /** What an acceptance states about the situation that it met. */
  readonly stated?: (situation: Situation) => Readonly<Record<string, string | undefined>>;
};
/** A request that can be sent at the same time as others. */
type Concurrent = Planned & {
  readonly effect: (situation: Situation) => Effect;
  /** Whether a refusal for another reason than the oracle's is right too, since others arrive at the same time. */
  readonly allows?: (
    situation: Situation,
    expected: ExpectedResponse,
    code: string | undefined,
  ) => boolean;
};
type Sent = { readonly route: RouteName; readonly request: Request; readonly reply: Reply };

/** One run of random commands through the API, settlement and schedules, from an empty Ledger. */
export class ModelRun {
  readonly #harness: Harness;
  readonly #merchants: readonly string[];
  readonly #bank = new FakeBank();
  /** Every request with a key, and its response. */
  readonly #sent: Sent[] = [];
  readonly #quotes: Quoted[] = [];
  readonly #working: Promise<unknown>[] = [];
  readonly #view: LedgerView;
  /** The Ledger at the last check. */
  #checked: LedgerSnapshot | undefined;
  readonly #oversized = new Map<string, number>();

  private constructor(harness: Harness, merchants: readonly string[], view: LedgerView) {
    this.#harness = harness;
    this.#merchants = merchants;
    this.#view = view;
  }

  static async start(harness: Harness): Promise<ModelRun> {
    await empty(harness);
    // One write of a row is checked to be one transaction's. Groups have a model of their own.
    Object.assign(harness.context, { busy: notBusy(harness.context.ledger) });
    harness.clock.now = new Date('2026-11-20T12:00:00.000Z');
    const merchants = [];
    for (const number of MERCHANTS) merchants.push(await harness.register(`merchant-${number}`));
    return new ModelRun(harness, merchants, await LedgerView.open(harness));
  }

  async execute(command: Command): Promise<void> {
    switch (command.name) {
      case 'top up':
        return this.#topUp(command);
      case 'approve':
        return this.#approve(command);
      case 'transfer':
      case 'deposit':
      case 'sell':
      case 'repay':
      case 'set limit':
      case 'reverse':
      case 'convert':
        return this.#send(this.#plan(command));
      case 'quote':
        return this.#quote(command);
      case 'convert any':
        return this.#convertAny(command);
      case 'ask for credit':
        return this.#askForCredit(command);
      case 'decide credit request':
        return this.#decideCreditRequest(command);
      case 'withdraw':
        return this.#send(this.#plan(command), command.copies);
      case 'send concurrently':
        return this.#sendConcurrently(command.requests.map((each) => this.#plan(each)));
      case 'send in between':
        return this.#sendInBetween(command.requests.map((each) => this.#plan(each)));
      case 'interrupt settle':
        return this.#interruptSettle(command);
      case 'oversleep':
        return this.#oversleep(command);
      case 'preview':
        return this.#preview(command);
      case 'cancel':
        return this.#cancel(command);
      case 'execute scheduled':
        return this.#executeOne(command);
      case 'settle':
        return this.#settle(command);
      case 'recover':
        return this.#recover(command.mode);
      case 'spread pool':
        return this.#spread(command);
      case 'change terms':
        return this.#changeTerms(command);
      case 'open wallet':
        return this.#openWallet(command);
      case 'archive':
        return this.#archive(command);
      case 'suspend':
      case 'reactivate':
      case 'reject': {
        const params = { id: this.#idOf(command.merchant) };
        await this.#harness.insist(`POST /admin/merchants/{id}/${command.name}`, {
          admin: true,
          params,
        });
        return;
      }
      case 'resume workers':
        return this.#resumeWorkers();
      case 'advance clock':
        this.#bank.deliverDelayed();
        this.#pass(command.ms);
    }
  }

  #pass(ms: number): void {
    this.#harness.clock.now = new Date(this.#harness.clock.now.getTime() + ms);
  }

  /** Everything that holds at any moment, and how rows changed since the last check. */
  async check(): Promise<void> {
    const snapshot = await this.#view.read();
    expectBankAgrees(snapshot, this.#bank);
    if (snapshot === this.#checked) return;
    expectConsistentLedger(snapshot);
    if (this.#checked !== undefined) expectTraceableChanges(this.#checked, snapshot);
    this.#recordSizes(snapshot.rows.values());
    this.#checked = snapshot;
  }

  /** Rows of a kilobyte or more, in any state of the run, and their sizes in bytes. */
  get oversized(): readonly (readonly [row: string, bytes: number])[] {
    return [...this.#oversized];
  }

  #recordSizes(rows: Iterable<Row>): void {
    for (const row of rows) {
      const size = sizeInBytes(row);
      if (size >= 1024) this.#oversized.set(nameOf(row), size);
    }
  }

  /** Lets everything continue until nothing is in progress. */
  async finish(): Promise<void> {
    await this.#resumeWorkers();
    for (const merchant of MERCHANTS) await this.execute({ name: 'reactivate', merchant });
    for (let rounds = 0; rounds < 100; rounds += 1) {
      await this.execute({ name: 'advance clock', ms: 11 * MINUTE });
      const open = (await this.#payouts()).filter(({ status }) => !isFinal(status));
      if (open.length === 0) break;
      for (const row of open) {
        if (row.status !== 'SCHEDULED') await this.#work('pays', row);
        else if (isDue(row, this.#harness.clock.now)) await this.#execute(row);
      }
    }
    await this.check();
    await this.#view.expectComplete();
    const snapshot = await this.#view.read();
    expectSettledLedger(snapshot, this.#bank);
    this.#expectOneTransactionEach(snapshot);
    await this.#expectOneResponseEach();
  }

  /** AP-1: every repeated request returns the original response and changes nothing. */
  async repeatEverything(): Promise<void> {
    const before = await this.#dump();
    await pMap(
      this.#sent,
      async ({ route, request, reply }) => {
        const repeated = await this.#harness.insist(route, request);
        expect(comparable(repeated)).toEqual(comparable(reply));
      },
      { concurrency: 8 },
    );
    expect(await this.#dump()).toEqual(before);
  }

  /**
   * Sends copies of a request, and compares the response with the first one under its key. Where the key
   * is new, the oracle decides.
   */
  async #send(planned: Planned, copies = 1): Promise<void> {
    const { route, request, oracle } = planned;
    const situation = await this.#situation();
    const repeated = earlier(this.#sent, route, request);
    const expected = repeated ?? oracle(situation);
    const replies = await Promise.all(
      Array.from({ length: copies }, () => this.#harness.insist(route, request)),
    );
    const [reply] = replies;
    if (reply === undefined) throw new Error('no request was sent');
    expect([route, reply.status, reply.body.code]).toEqual([route, ...expected]);
    if (repeated === undefined && reply.status < 300)
      expect(reply.body.data).toMatchObject(planned.stated?.(situation) ?? {});
    this.#sent.push({ route, request, reply });
  }

  /** The responses must be those of the same requests one after the other, in at least one order. */
  async #sendConcurrently(planned: readonly Concurrent[]): Promise<void> {
    const situation = await this.#situation();
    this.#expectSomeOrder(await Promise.all(planned.map(this.#answered)), situation);
  }

  /** The first reads, the others are answered one after the other, and only then the first commits. */
  async #sendInBetween([first, ...others]: readonly Concurrent[]): Promise<void> {
    if (first === undefined) return;
    const situation = await this.#situation();
    const answered: (Concurrent & Sent)[] = [];
    let isInterrupted = false;
    const interrupt = async (): Promise<void> => {
      isInterrupted = true;
      for (const other of others) answered.push(await this.#answered(other));
    };
    const callOff = this.#harness.beforeCommit(interrupt);
    answered.push(await this.#answered(first));
    callOff();
    // A repeat commits nothing.
    if (!isInterrupted) await interrupt();
    this.#expectSomeOrder(answered, situation);
  }

  readonly #answered = async (planned: Concurrent): Promise<Concurrent & Sent> => ({
    ...planned,
    reply: await this.#harness.insist(planned.route, planned.request),
  });

  #expectSomeOrder(answered: readonly (Concurrent & Sent)[], situation: Situation): void {
    if (!isAllowedInSomeOrder(answered, situation, this.#sent)) {
      const responses = answered.map(({ route, request, reply, oracle }) => ({
        request: [route, request],
        response: [reply.status, reply.body.code],
        asFirst: earlier(this.#sent, route, request) ?? oracle(situation),
      }));
      expect(responses).toEqual('what the oracle allows in at least one order');
    }
    this.#sent.push(...answered.map(({ route, request, reply }) => ({ route, request, reply })));
  }

  async #situation(): Promise<Situation> {
    return { snapshot: await this.#view.read(), now: this.#harness.clock.now, effects: [] };
  }

  #topUp({ merchant, amount, key }: CommandOf<'top up'>): Promise<void> {
    const currency = this.#currencyOf(merchant);
    const body = { amount: formatAmount(amount, currency) };
    const request = { admin: true, key, params: { currency }, body };
    const route = 'POST /admin/pools/{currency}/topups';
    return this.#send({ route, request, oracle: () => [201, undefined] });
  }

  #approve({ merchant, amount, key }: CommandOf<'approve'>): Promise<void> {
    const [id, currency] = [this.#idOf(merchant), this.#currencyOf(merchant)];
    const body = { credit_limit: formatAmount(amount, currency), currency };
    const request = { admin: true, key, params: { id }, body };
    return this.#send({
      route: 'POST /admin/merchants/{id}/approve',
      request,
      oracle: (situation) => expectedApproval(situation, id),
    });
  }

  #plan(command: CommandOf<RequestName>): Concurrent {
    switch (command.name) {
      case 'deposit':
        return this.#deposit(command);
      case 'transfer':
        return this.#transfer(command);
      case 'withdraw':
        return this.#withdrawal(command);
      case 'sell':
        return this.#sale(command);
      case 'repay':
        return this.#repayment(command);
      case 'set limit':
        return this.#limit(command);
      case 'reverse':
        return this.#reversal(command);
      case 'convert': {
        const { merchant, nth, key } = command;
        const own = this.#quotes.filter(
          (each) => each.merchant === merchant && each.direction === 'from own',
        );
        return this.#conversion(merchant, lastOf(own, nth)?.id ?? 'none', key);
      }
    }
  }

  /** Of what there was at the last check, the newest that is not reversed first; a deposit where there is nothing. */
  #reversal({ merchant, of, nth, key }: CommandOf<'reverse'>): Concurrent {
    const [id, currency] = [this.#idOf(merchant), this.#currencyOf(merchant)];
    const pk = of === 'top_up' ? poolPk(currency, ROOT) : merchantPk(id);
    const found = (this.#checked?.transactions ?? [])
      .filter((row) => row.pk === pk && (of === 'any' || row.type === of))
      .map((row) => ({ row, order: `${'reversedBy' in row ? 0 : 1}${row.createdAt}${row.txnId}` }))
      .toSorted((a, b) => (a.order > b.order ? -1 : 1))
      .map(({ row }) => row);
    const original = pick(found, nth);
    if (original === undefined)
      return this.#deposit({ name: 'deposit', merchant, amount: 1n, key, releaseInMs: undefined });
    const { txnId } = original;
    return {
      route: 'POST /admin/transactions/{id}/reverse',
      request: { admin: true, key, params: { id: txnId } },
      oracle: (situation) => expectedReversal(situation, txnId),
      effect: (situation) => reversalEffect(situation, txnId),
    };
  }

  /** It has no key: a repeat is another quote. */
  async #quote(command: CommandOf<'quote'>): Promise<void> {
    const { merchant, other, direction, side, amount, convertKey } = command;
    const [as, own] = [this.#idOf(merchant), this.#currencyOf(merchant)];
    const pair: [Currency, Currency] = [own, currencyCode.parse(other)];
    const [from, to] = direction === 'from own' ? pair : pair.toReversed();
    if (from === undefined || to === undefined) return;
    const text = formatAmount(amount, side === 'sell' ? from : to);
    const expected = expectedQuote(await this.#situation(), as);
    const reply = await this.#harness.insist('POST /conversions/quotes', {
      as,
      body: { from, to, side, amount: text },
    });
    const code = reply.body.code === 'amount_not_convertible' ? undefined : reply.body.code;
    expect(code).toEqual(expected);
    if (reply.status !== 201) return;
    const { id } = reply.body.data;
    this.#quotes.push({ id, merchant, direction });
    if (convertKey !== undefined) await this.#send(this.#conversion(merchant, id, convertKey));
  }

  #convertAny({ nth, by, key }: CommandOf<'convert any'>): Promise<void> {
    const quote = lastOf(this.#quotes, nth);
    const merchant = by === 'owner' ? (quote?.merchant ?? 0) : by;
    return this.#send(this.#conversion(merchant, quote?.id ?? 'none', key));
  }

  #conversion(merchant: MerchantNumber, quoteId: string, key: string): Concurrent {
    const as = this.#idOf(merchant);
    return {
      route: 'POST /conversions',
      request: { as, key, body: { quote_id: quoteId } },
      oracle: (situation) => expectedConversion(situation, as, quoteId),
      effect: (situation) => conversionEffect(situation, quoteId),
    };
  }

  #limit({ merchant, amount, key }: CommandOf<'set limit'>): Concurrent {
    const [id, currency] = [this.#idOf(merchant), this.#currencyOf(merchant)];
    const body = { limit: formatAmount(amount, currency) };
    return {
      route: 'PUT /admin/merchants/{id}/credit/{currency}',
      request: { admin: true, key, params: { id, currency }, body },
      oracle: (situation) => expectedLimit(situation, id),
      effect: (situation) => limitEffect(situation, id, currency, amount),
    };
  }

  #askForCredit({ merchant, amount, key }: CommandOf<'ask for credit'>): Promise<void> {
    const [as, currency] = [this.#idOf(merchant), this.#currencyOf(merchant)];
    const body = { amount: formatAmount(amount, currency), currency };
    return this.#send({
      route: 'POST /credit-requests',
      request: { as, key, body },
      oracle: (situation) => expectedCreditRequest(situation, as, currency),
    });
  }

  /** An approval raises the limit once. A rejection has no key: the same one again changes nothing. */
  async #decideCreditRequest(command: CommandOf<'decide credit request'>): Promise<void> {
    const { nth, action, key } = command;
    const situation = await this.#situation();
    const found = pick(situation.snapshot.creditRequests, nth);
    if (found === undefined) return;
    const request = { admin: true, params: { id: found.id } };
    const oracle = () => expectedDecision(situation, found, action);
    if (action === 'approve') {
      const route = 'POST /admin/credit-requests/{id}/approve';
      return this.#send({ route, request: { ...request, key }, oracle });
    }
    const reply = await this.#harness.insist('POST /admin/credit-requests/{id}/reject', {
      ...request,
      body: { reason: 'too much' },
    });
    const expected = found.status === 'REJECTED' ? [200, undefined] : oracle();
    expect([reply.status, reply.body.code]).toEqual(expected);
  }

  #deposit({ merchant, amount, key, releaseInMs }: CommandOf<'deposit'>): Concurrent {
    const [id, currency] = [this.#idOf(merchant), this.#currencyOf(merchant)];
    const body = {
      amount: formatAmount(amount, currency),
      currency,
      ...(releaseInMs !== undefined && { release_at: this.#in(releaseInMs) }),
    };
    const request = { admin: true, key, params: { merchant_id: id }, body };
    return {
      route: 'POST /admin/wallets/{merchant_id}/deposits',
      request,
      oracle: (situation) => expectedDeposit(situation, id),
      effect: () => ((releaseInMs ?? 0) > 0 ? {} : { funds: amount }),
    };
  }

  #transfer({ merchant, to, amount, key }: CommandOf<'transfer'>): Concurrent {
    const { currency, request } = this.#transferOf(merchant, to, amount);
    const { as, body } = request;
    return {
      route: 'POST /transfers',
      request: { ...request, key },
      oracle: (situation) => expectedTransfer(situation, as, body.to, amount, currency),
      effect: (situation) => transferEffect(situation, as, amount, currency),
    };
  }

  #repayment({ merchant, amount, key, through }: CommandOf<'repay'>): Concurrent {
    const [as, currency] = [this.#idOf(merchant), this.#currencyOf(merchant)];
    const body = { amount: formatAmount(amount, currency), currency };
    if (through === 'bank')
      return {
        route: 'POST /admin/wallets/{merchant_id}/repayments',
        request: { admin: true, key, params: { merchant_id: as }, body },
        oracle: (situation) => expectedRecordedRepayment(situation, as, currency, amount),
        effect: () => recordedRepaymentEffect(amount),
      };
    return {
      route: 'POST /repayments',
      request: { as, key, body },
      oracle: (situation) => expectedRepayment(situation, as, currency, amount),
      effect: () => repaymentEffect(amount),
    };
  }

  /** WA-8: priced and decided as the transfer itself would be, and nothing is written. */
  async #preview({ merchant, to, amount }: CommandOf<'preview'>): Promise<void> {
    const { currency, request } = this.#transferOf(merchant, to, amount);
    const situation = await this.#situation();
    const before = await this.#dump();
    const query = { preview: 'true' };
    const reply = await this.#harness.insist('POST /transfers', { ...request, query });
    const [status, code] = expectedTransfer(
      situation,
      request.as,
      request.body.to,
      amount,
      currency,
    );
    expect([reply.status, reply.body.code]).toEqual([status === 201 ? 200 : status, code]);
    expect(await this.#dump()).toEqual(before);
  }

  #transferOf(merchant: MerchantNumber, to: MerchantNumber, amount: bigint) {
    const currency = this.#currencyOf(merchant);
    const body = { to: this.#idOf(to), amount: formatAmount(amount, currency), currency };
    return { currency, request: { as: this.#idOf(merchant), body } };
  }

  #withdrawal(command: CommandOf<'withdraw'>): Concurrent {
    const { merchant, amount, key, source, executeInMs } = command;
    const [as, currency] = [this.#idOf(merchant), this.#currencyOf(merchant)];
    const body = {
      amount: formatAmount(amount, currency),
      currency,
      source,
      ...(executeInMs !== undefined && { execute_at: this.#in(executeInMs) }),
    };
    const from = executeInMs === undefined ? source : 'scheduled';
    return {
      route: 'POST /withdrawals',
      request: { as, key, body },
      oracle: (situation) => expectedWithdrawal(situation, as, currency, amount, from),
      effect: () => withdrawalEffect(amount, from),
      allows: (situation, expected, code) =>
        isAlsoAllowed(situation, currency, amount, expected, code),
    };
  }

  #sale({ merchant, amount, key }: CommandOf<'sell'>): Concurrent {
    const [as, currency] = [this.#idOf(merchant), this.#currencyOf(merchant)];
    const body = {
      phone_number: '+989121234567',
      amount: formatAmount(amount, currency),
      currency,
    };
    return {
      route: 'POST /sales',
      request: { as, key, body },
      oracle: (situation) => expectedWithdrawal(situation, as, currency, amount, 'wallet'),
      stated: (situation) => {
        const before = fundsOf(situation, as, currency) ?? 0n;
        const [balance_before, balance_after] = [before, before - amount].map((units) =>
          formatAmount(units, currency),
        );
        return { balance_before, balance_after };
      },
      effect: () => withdrawalEffect(amount, 'wallet'),
    };
  }

  /** Cancels only what is still scheduled. What is cancelled already stays cancelled. */
  async #cancel({ nth }: CommandOf<'cancel'>): Promise<void> {
    const scheduled = (await this.#payouts()).filter(isScheduled);
    const row = pick(scheduled, nth);
    if (row === undefined) return;
    const request = { as: row.merchantId, params: { id: row.txnId } };
    const reply = await this.#harness.insist('DELETE /withdrawals/{id}', request);
    const expected = expectedCancellation(await this.#situation(), row.merchantId, row.status);
    expect([row.status, reply.status, reply.body.code]).toEqual([row.status, ...expected]);
  }

  /** A schedule fires at its time, but also late, twice, or after a cancellation. */
  async #executeOne({ nth, copies }: CommandOf<'execute scheduled'>): Promise<void> {
    const { now } = this.#harness.clock;
    const due = (await this.#payouts()).filter((each) => isDue(each, now));
    const row = pick(due, nth);
    if (row === undefined) return;
    await Promise.all(Array.from({ length: copies }, () => this.#execute(row)));
  }

  /** The queue delivers a message again until it may be deleted. */
  async #execute(message: PayoutMessage): Promise<void> {
    const { checkMarginMs } = TIMERS;
    const execute = executeScheduled({ ...this.#harness.context, checkMarginMs });
    while ((await execute(message)).kind === 'again');
  }

  /** Executes or settles what recovery finds, as the messages that it sends would. */
  async #recover(mode: FaultMode): Promise<void> {
    const [toSettle, toExecute]: [PayoutMessage[], PayoutMessage[]] = [[], []];
    const toLevel: Currency[] = [];
    await recover({
      ...this.#harness.context,
      againAfterMs: 15 * MINUTE,
      settle: async (message) => void toSettle.push(message),
      execute: async (message) => void toExecute.push(message),
      rebalance: async ({ currency }) => void toLevel.push(currency),
    })();
    for (const message of toSettle) await this.#work(mode, message);
    for (const message of toExecute) await this.#execute(message);
    for (const currency of toLevel) await rebalance(this.#harness.context.ledger, currency);
  }

  /** CR-1: over another number of shards, and level again, also while merchants draw on the pool. */
  async #spread({ merchant, shards, key, requests }: CommandOf<'spread pool'>): Promise<void> {
    const currency = this.#currencyOf(merchant);
    const request = { admin: true, key, params: { currency }, body: { shards } };
    const oracle = () => [202, undefined] as const;
    await this.#send({ route: 'PATCH /admin/pools/{currency}', request, oracle });
    const planned = requests.map((each) => this.#plan(each));
    const situation = await this.#situation();
    const levelled = rebalance(this.#harness.context.ledger, currency);
    const answered = await Promise.all(planned.map(this.#answered));
    await levelled;
    this.#expectSomeOrder(answered, situation);
  }

  async #changeTerms({ merchant, fee, tiers, spending }: CommandOf<'change terms'>): Promise<void> {
    const currency = this.#currencyOf(merchant);
    const fee_tiers = tiers.map((tier) => ({
      currency,
      from_volume: formatAmount(tier.from, currency),
      fee: tier.fee,
    }));
    const params = { id: this.#idOf(merchant) };
    const { daily, monthly } = spending ?? {};
    const limits = spending && {
      currency,
      daily: daily && formatAmount(daily, currency),
      monthly: monthly && formatAmount(monthly, currency),
    };
    const body = { fee, fee_tiers, limits: limits === undefined ? [] : [limits] };
    const request = { admin: true, params, body };
    expect((await this.#harness.insist('PATCH /admin/merchants/{id}', request)).status).toBe(200);
  }

  /** Copies of it, by as many admins, at the same time. */
  async #openWallet({ merchant, copies }: CommandOf<'open wallet'>): Promise<void> {
    const id = this.#idOf(merchant);
    const params = { merchant_id: id, currency: 'EUR' };
    const [expected] = expectedOpening(await this.#situation(), id);
    const replies = await Promise.all(
      Array.from({ length: copies }, (_, admin) =>
        this.#harness.insist('PUT /admin/wallets/{merchant_id}/{currency}', {
          claims: adminClaims(`admin-${admin}`),
          params,
        }),
      ),
    );
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => expected));
  }

  #archive({ merchant, key }: CommandOf<'archive'>): Promise<void> {
    const id = this.#idOf(merchant);
    const request = { admin: true, key, params: { id } };
    return this.#send({
      route: 'POST /admin/merchants/{id}/archive',
      request,
      oracle: (situation) => expectedArchive(situation, id),
    });
  }

  async #settle({ nth, includesFinal, mode, workers }: CommandOf<'settle'>): Promise<void> {
    const all = await this.#payouts();
    const row = pick(includesFinal ? all : all.filter(({ status }) => !isFinal(status)), nth);
    if (row === undefined) return;
    await Promise.all(Array.from({ length: workers }, () => this.#work(mode, row)));
  }

  /** A worker whose commit comes after something else that concerns its payout, or its merchant's money. */
  async #interruptSettle(command: CommandOf<'interrupt settle'>): Promise<void> {
    const { nth, mode, commit, by, amount, key } = command;
    const open = (await this.#payouts()).filter(({ status }) => !isFinal(status));
    const row = pick(open, nth);
    if (row === undefined) return;
    const merchant = MERCHANTS[this.#merchants.indexOf(row.merchantId)] ?? 0;
    const others = this.#working.splice(0);
    const callOff = this.#harness.beforeCommit(async () => {
      if (by === 'resume workers') {
        this.#bank.resumeWorkers();
        await Promise.all(others.splice(0));
      } else if (isRequest(by)) {
        const to = merchant === 0 ? 1 : 0;
        const from = { source: 'credit', through: 'wallet', copies: 1, of: 'deposit' } as const;
        const at = { releaseInMs: undefined, executeInMs: undefined };
        await this.#send(this.#plan({ name: by, merchant, amount, key, to, nth, ...from, ...at }));
      } else {
        await this.#work(by, row);
      }
    }, commit);
    await this.#work(mode, row);
    callOff();
    this.#working.push(...others);
  }

  async #oversleep({ nth, first, second, isBeforeClaim }: CommandOf<'oversleep'>): Promise<void> {
    await this.#resumeWorkers();
    const open = await this.#payouts();
    const row = pick(
      open.filter(({ status }) => status === 'PENDING' || status === 'PROCESSING'),
      nth,
    );
    if (row === undefined) return;
    // The first attempt inquires nothing.
    if (row.payout.attempt === 0n) await this.#work('worker crashes', row);
    this.#bank.deliverDelayed();
    this.#pass(TIMERS.claimMs + TIMERS.quietMs + 1);
    await this.#work(first, row);
    this.#pass(TIMERS.leaseMs);
    const overslept = this.#working.splice(0);
    const resume = async (): Promise<void> => {
      this.#bank.resumeWorkers();
      await Promise.all(overslept);
    };
    const callOff = isBeforeClaim ? this.#harness.beforeCommit(resume) : () => {};
    await this.#work(second, row);
    callOff();
    await resume();
    await this.#resumeWorkers();
  }

  /** One worker with one message. If it crashes or fails, the queue delivers the message again. */
  async #work(mode: FaultMode, { merchantId, txnId }: PayoutMessage): Promise<void> {
    const { promise: stalled, resolve: onStall } = Promise.withResolvers<void>();
    const { ledger, busy } = this.#harness.context;
    const providers = {
      bank: this.#bank.provider(mode, onStall, 'bank'),
      operator: this.#bank.provider(mode, onStall, 'operator'),
    };
    const work = settle({ ledger, busy, providers, timers: TIMERS })({ merchantId, txnId }).catch(
      (error: unknown) => {
        if (!(error instanceof WorkerCrashed) && !isRetryable(error)) throw error;
      },
    );
    this.#working.push(work);
    await Promise.race([work, stalled]);
  }

  async #resumeWorkers(): Promise<void> {
    this.#bank.resumeWorkers();
    await Promise.all(this.#working.splice(0));
  }

  /** Oldest first. */
  async #payouts(): Promise<readonly PayoutTransaction[]> {
    const { transactions } = await this.#view.read();
    return transactions
      .filter(hasPayout)
      .toSorted((a, b) => (a.createdAt + a.txnId < b.createdAt + b.txnId ? -1 : 1));
  }

  /**
   * Every acceptance under a key is one transaction. Releases and moves within a pool have no request, and the
   * opening of a wallet, once for each, has no key.
   */
  #expectOneTransactionEach({ transactions }: LedgerSnapshot): void {
    const accepted = this.#sent
      .filter(({ reply }) => reply.status < 300)
      .map(({ reply }) => reply.body.data.transaction_id ?? reply.body.data.id);
    const keyless = ['release', 'rebalance', 'wallet_opening'];
    const requested = transactions.filter(({ type }) => !keyless.includes(type));
    expect([...new Set(accepted)].toSorted()).toEqual(
      requested.map(({ txnId }) => txnId).toSorted(),
    );
    const opened = transactions
      .filter(({ type }) => type === 'wallet_opening')
      .map(({ pk, currency }) => `${pk} ${currency}`);
    expect(opened).toEqual([...new Set(opened)]);
  }

  /** AP-1: every decision, refusals included, is stored once under its key. */
  async #expectOneResponseEach(): Promise<void> {
    const responses = await this.#harness.responses();
    const sent = this.#sent.filter(({ reply }) => isStored(reply)).map(({ reply }) => reply.text);
    expect(responses.map(({ body }) => body).toSorted()).toEqual([...new Set(sent)].toSorted());
    this.#recordSizes(responses);
  }

  /** Both tables as they are stored. */
  async #dump() {
    const byId = (rows: readonly Row[]): readonly (readonly [string, Row])[] =>
      rows.map((row) => [nameOf(row), row] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      rows: byId(await this.#harness.rows()),
      responses: byId(await this.#harness.responses()),
    };
  }

  readonly #in = (ms: number): string =>
    new Date(this.#harness.clock.now.getTime() + ms).toISOString();
  readonly #idOf = (merchant: MerchantNumber): string => this.#merchants[merchant] ?? '';
  readonly #currencyOf = (merchant: MerchantNumber) =>
    CURRENCIES[merchant] ?? currencyCode.parse('USD');
}

type RequestName = CommandOf<'send concurrently'>['requests'][number]['name'];
const isRequest = (name: string): name is RequestName =>
  ['deposit', 'transfer', 'withdraw', 'sell', 'repay', 'set limit', 'reverse', 'convert'].includes(
    name,
  );
type Quoted = Pick<CommandOf<'quote'>, 'merchant' | 'direction'> & { readonly id: string };
/** Most quotes of before are expired. */
const LAST_QUOTES = 4;
const lastOf = (quotes: readonly Quoted[], nth: number): Quoted | undefined =>
  pick(quotes.slice(-LAST_QUOTES), nth);
const nameOf = (row: Row): string => String(row['id'] ?? rowId(row));
/** The cost of a write is counted in kilobytes. */
const sizeInBytes = once(sizeOf);
const isScheduled = (row: PayoutTransaction): row is Withdrawal =>
  row.type === 'withdrawal' && row.executeAt !== undefined;
const isDue = (row: PayoutTransaction, now: Date): boolean =>
  row.type === 'withdrawal' && (row.executeAt ?? '~') <= now.toISOString();
const pick = <Item>(items: readonly Item[], nth: number): Item | undefined =>
  items[nth % Math.max(1, items.length)];
const wordsOf = ({ params, body }: Request): string => JSON.stringify([params, body]);

/** Whether a repeat must return exactly this response: every decision of a rule. */
const isStored = ({ status, body }: Reply): boolean =>
  status < 300 ||
  (body.code !== 'idempotency_key_reused' && !REASONS[body.code as Reason].retryable);

/** The response to a key that was used before: the original one, or a refusal of another request. */
function earlier(
  sent: readonly Sent[],
  route: RouteName,
  request: Request,
): ExpectedResponse | undefined {
  const first = sent.find(
    (each) =>
      each.route === route &&
      each.request.key === request.key &&
      each.request.as === request.as &&
      isStored(each.reply),
  );
  if (first === undefined) return undefined;
  return wordsOf(first.request) === wordsOf(request)
    ? [first.reply.status, first.reply.body.code]
    : [422, 'idempotency_key_reused'];
}

/** Whether the oracle allows all these responses in at least one order of the requests. */
const isAllowedInSomeOrder = (
  answered: readonly (Concurrent & Sent)[],
  situation: Situation,
  sent: readonly Sent[],
): boolean =>
  answered.length === 0 ||
  answered.some((next) => {
    const { route, request, reply } = next;
    const repeated = earlier(sent, route, request);
    const expected = repeated ?? next.oracle(situation);
    const [status, code] = expected;
    const { code: actual } = reply.body;
    const isExpected = actual === code || next.allows?.(situation, expected, actual) === true;
    if (reply.status !== status || !isExpected) return false;
    const isNew = repeated === undefined && status < 300;
    const stated = Object.entries((isNew && next.stated?.(situation)) || {});
    if (stated.some(([name, value]) => reply.body.data[name] !== value)) return false;
    const effects = [...situation.effects, ...(isNew ? [next.effect(situation)] : [])];
    const others = answered.filter((each) => each !== next);
    return isAllowedInSomeOrder(others, { ...situation, effects }, [...sent, next]);
  });

/** The whole text where it is stored. A refused key is refused anew, under the id of each request. */
const comparable = (reply: Reply): unknown =>
  isStored(reply) ? [reply.status, reply.text] : [reply.status, reply.body.code];

async function empty({ engine, faultless, rows, responses }: Harness): Promise<void> {
  const keys = [
    ...(await rows()).map(({ pk, sk }) => [engine.ledgerTable, { pk, sk }] as const),
    ...(await responses()).map(({ id }) => [engine.responsesTable, { id }] as const),
  ];
  for (let from = 0; from < keys.length; from += 25) {
    const requests: Record<string, { DeleteRequest: { Key: Record<string, unknown> } }[]> = {};
    for (const [table, Key] of keys.slice(from, from + 25)) {
      requests[table] = [...(requests[table] ?? []), { DeleteRequest: { Key } }];
    }
    await faultless.send(new BatchWriteCommand({ RequestItems: requests }));
  }
}
