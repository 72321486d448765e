import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Merchant, merchantRow } from '../../lambdas/ledger/merchant.ts';
import { formatAmount, minor } from '../../lambdas/ledger/money.ts';
import { readCredit, readMerchant } from '../../lambdas/ledger/rows/merchants.ts';
import { readWallet } from '../../lambdas/ledger/rows/wallets.ts';
import { type Harness, type Reply, startHarness, USD } from '../harness/harness.ts';

/**
 * Many callers on one merchant, each with a single call: nothing in this file repeats a request. Without
 * faults, the only reason for a 503 is that the callers exclude each other.
 */
let harness: Harness;
const FIRST_DAY = new Date('2026-11-20T12:00:00.000Z');
/** The transactions that were sent, including those that lost a race. */
let sent = 0;
beforeAll(async () => {
  // All callers share one process here, on Lambda each has its own. The deadline of a request must not
  // measure this machine: `sent` measures how often the callers exclude each other.
  harness = await startHarness(1, undefined, { pacing: { clock: () => 0 } });
  await harness.fillPool('1000000.00');
  harness.context.ledger.dynamo.middlewareStack.add(
    (next, context) => (args) => {
      if (context['commandName'] === 'TransactWriteItemsCommand') sent += 1;
      return next(args);
    },
    { step: 'initialize', name: 'countTransactions' },
  );
});
beforeEach(() => {
  harness.clock.now = FIRST_DAY;
});
afterAll(() => harness.close());

/** Minor units of one operation. */
const AMOUNT = 10_00n;
/** Two per cent of it. */
const FEE = 20n;
const text = (amount: bigint): string => formatAmount(minor(amount), USD);
const body = { amount: text(AMOUNT), currency: 'USD' };

type Parties = { readonly id: string; readonly payee: string };
/** One kind of operation that a merchant starts, and what it takes from which balance. */
type Operation = {
  /** A merchant whose funds cover exactly so many operations, and nothing else. */
  readonly covering: (operations: number) => Promise<Parties>;
  readonly start: (parties: Parties) => Promise<Reply>;
  readonly accepted: number;
  readonly refusal: string;
  /** What so many operations have moved. */
  readonly expectMoved: (parties: Parties, operations: number) => Promise<void>;
};

const wallet = async (id: string): Promise<bigint | undefined> =>
  (await readWallet(harness.context.ledger, id, USD))?.available;
const merchantWith = async (limit: bigint, funds: bigint): Promise<Parties> => {
  const [id, payee] = [await harness.merchant(text(limit)), await harness.merchant('1.00')];
  if (funds > 0n) await harness.deposit(id, { amount: text(funds) });
  return { id, payee };
};
const withdraw = (as: string, source: 'credit' | 'wallet') =>
  harness.call('POST /withdrawals', { as, key: randomUUID(), body: { ...body, source } });

const OPERATIONS = {
  'withdrawals on credit': {
    covering: (operations) => merchantWith(AMOUNT * BigInt(operations), 0n),
    start: ({ id }) => withdraw(id, 'credit'),
    accepted: 202,
    refusal: 'insufficient_credit',
    expectMoved: async ({ id }, operations) => {
      const line = await readCredit(harness.context.ledger, id, USD);
      expect(line?.utilised).toBe(AMOUNT * BigInt(operations));
    },
  },
  'withdrawals from the wallet': {
    covering: (operations) => merchantWith(1n, AMOUNT * BigInt(operations)),
    start: ({ id }) => withdraw(id, 'wallet'),
    accepted: 202,
    refusal: 'insufficient_funds',
    expectMoved: async ({ id }, operations) => {
      const deposited = await movedBy(id, 'deposit');
      expect(await wallet(id)).toBe(deposited - AMOUNT * BigInt(operations));
    },
  },
  'transfers to one payee': {
    covering: (operations) => merchantWith(1n, (AMOUNT + FEE) * BigInt(operations)),
    start: ({ id, payee }) => {
      const request = { as: id, key: randomUUID(), body: { ...body, to: payee } };
      return harness.call('POST /transfers', request);
    },
    accepted: 201,
    refusal: 'insufficient_funds',
    expectMoved: async ({ id, payee }, operations) => {
      const deposited = await movedBy(id, 'deposit');
      expect(await wallet(id)).toBe(deposited - (AMOUNT + FEE) * BigInt(operations));
      expect(await wallet(payee)).toBe(AMOUNT * BigInt(operations));
    },
  },
} as const satisfies Record<string, Operation>;

/** The sum of a merchant's transactions of one type, in minor units. */
async function movedBy(merchantId: string, type: string): Promise<bigint> {
  const rows = (await harness.rows()).filter(
    (row) => row['type'] === type && row['merchantId'] === merchantId,
  );
  return rows.reduce((sum, { amount }) => sum + BigInt(String(amount)), 0n);
}

async function merchantOf(id: string): Promise<Merchant> {
  return merchantRow.parse(await readMerchant(harness.context.ledger, id));
}

/** All replies. From here on, `sent` counts the transactions of these callers alone. */
function atOnce(calls: readonly (() => Promise<Reply>)[]): Promise<Reply[]> {
  sent = 0;
  return Promise.all(calls.map((call) => call()));
}
const startAtOnce = ({ start }: Operation, parties: Parties, callers: number): Promise<Reply[]> =>
  atOnce(Array.from({ length: callers }, () => () => start(parties)));

/** How many replies of each kind, and the number of different transactions among the accepted. */
function tally(replies: readonly Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body: reply } of replies) {
    const kind = reply.code === undefined ? `${status}` : `${status} ${reply.code}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
const differentIds = (replies: readonly Reply[]): number =>
  new Set(replies.flatMap(({ body: { data } }) => data?.id ?? [])).size;

type Counted = { readonly day: string; readonly ofDay: number; readonly ofMonth: number };
/** CR-5 WA-8: the counters are the sums of what was accepted. */
async function expectCounted(id: string, type: string, { day, ofDay, ofMonth }: Counted) {
  const month = day.slice(0, 7);
  const [dayAmount, monthAmount] = [AMOUNT * BigInt(ofDay), AMOUNT * BigInt(ofMonth)];
  const { spent, transferVolume } = await merchantOf(id);
  expect(spent).toEqual({ USD: { day, dayAmount, month, monthAmount } });
  expect(transferVolume).toEqual(
    type === 'transfers to one payee' ? { USD: { month, amount: monthAmount } } : {},
  );
}

describe.each(Object.entries(OPERATIONS))('concurrent %s of one merchant', (type, operation) => {
  const { accepted, refusal } = operation;

  it('OP-3: exactly 20 of 60 succeed where the funds cover 20, and 40 are refused', async () => {
    const parties = await operation.covering(20);
    const replies = await startAtOnce(operation, parties, 60);
    expect(tally(replies)).toEqual({ [accepted]: 20, [`402 ${refusal}`]: 40 });
    // A caller loses at most once to the first of the day, and once to the one that took the last funds.
    expect(sent).toBeLessThanOrEqual(20 * 2 + 40 * 3);
    expect(differentIds(replies)).toBe(20);
    await operation.expectMoved(parties, 20);
    await expectCounted(parties.id, type, { day: '2026-11-20', ofDay: 20, ofMonth: 20 });
  }, 60_000);

  it.each([16, 60])(
    'OP-3: all of %s succeed at the first call',
    async (callers) => {
      const parties = await operation.covering(callers + 5);
      const replies = await startAtOnce(operation, parties, callers);
      expect(tally(replies)).toEqual({ [accepted]: callers });
      // A caller loses at most once, to the first operation that this merchant ever starts.
      expect(sent).toBeLessThanOrEqual(callers * 2);
      expect(differentIds(replies)).toBe(callers);
      await operation.expectMoved(parties, callers);
      await expectCounted(parties.id, type, {
        day: '2026-11-20',
        ofDay: callers,
        ofMonth: callers,
      });
    },
    60_000,
  );

  it.each([
    ['day', '2026-11-21T12:00:00.000Z', 63],
    ['month', '2026-12-01T12:00:00.000Z', 60],
  ])(
    'OP-3 CR-5: all of 60 succeed at the first call of a new %s',
    async (_, now, ofMonth) => {
      const parties = await operation.covering(70);
      expect(tally(await startAtOnce(operation, parties, 3))).toEqual({ [accepted]: 3 });
      harness.clock.now = new Date(now);
      expect(tally(await startAtOnce(operation, parties, 60))).toEqual({ [accepted]: 60 });
      // A caller loses at most once, to the first operation under the new label.
      expect(sent).toBeLessThanOrEqual(60 * 2);
      await operation.expectMoved(parties, 63);
      await expectCounted(parties.id, type, { day: now.slice(0, 10), ofDay: 60, ofMonth });
    },
    60_000,
  );
});

describe('concurrent operations of different types of one merchant', () => {
  it('OP-3: all of 60 succeed at the first call, and the counters are their sum', async () => {
    const parties = await merchantWith(AMOUNT * 20n, (AMOUNT + FEE) * 20n + AMOUNT * 20n);
    const replies = await atOnce(
      Array.from({ length: 20 }, () =>
        Object.values(OPERATIONS).map(
          ({ start }) =>
            () =>
              start(parties),
        ),
      ).flat(),
    );
    expect(tally(replies)).toEqual({ 201: 20, 202: 40 });
    // A transfer loses at most once to the first operation and once to the first transfer.
    expect(sent).toBeLessThanOrEqual(40 * 2 + 20 * 3);
    expect(differentIds(replies)).toBe(60);
    const line = await readCredit(harness.context.ledger, parties.id, USD);
    expect([line?.utilised, await wallet(parties.id), await wallet(parties.payee)]).toEqual([
      AMOUNT * 20n,
      0n,
      AMOUNT * 20n,
    ]);
    const { spent, transferVolume } = await merchantOf(parties.id);
    expect(spent).toMatchObject({ USD: { dayAmount: AMOUNT * 60n, monthAmount: AMOUNT * 60n } });
    expect(transferVolume).toEqual({ USD: { month: '2026-11', amount: AMOUNT * 20n } });
  }, 60_000);

  it('OP-3 WA-5: all of 60 transfers succeed at the first call where the first opens the wallet', async () => {
    const [id, payee] = [await harness.merchant('1.00'), await harness.merchant('1.00')];
    await harness.deposit(id, { amount: '1000.00', currency: 'EUR' });
    const replies = await atOnce(
      Array.from({ length: 60 }, () => () => {
        const order = { to: payee, amount: '10.00', currency: 'EUR' };
        return harness.call('POST /transfers', { as: id, key: randomUUID(), body: order });
      }),
    );
    expect(tally(replies)).toEqual({ 201: 60 });
    expect(sent).toBeLessThanOrEqual(60 * 2);
    const request = { as: payee, params: { currency: 'EUR' } };
    const received = await harness.call('GET /wallets/{currency}', request);
    expect(received.body.data.available).toBe('600.00');
  }, 60_000);
});
