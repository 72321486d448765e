import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { markBusy } from '../../lambdas/ledger/busy/marker.ts';
import { merchantPk } from '../../lambdas/ledger/keys.ts';
import { merchantRow } from '../../lambdas/ledger/merchant.ts';
import { ROUGH } from '../harness/faults.ts';
import { type Harness, type Reply, startHarness } from '../harness/harness.ts';
import { notBusy } from '../harness/not-busy.ts';

let harness: Harness;
afterEach(() => harness.close());

/** All callers share one process here: no deadline may measure this machine. */
const UNHURRIED = { pacing: { clock: () => 0 } };
const AMOUNT = '10.00';
type Limit = { readonly daily?: string; readonly monthly?: string };
const limitTo = (id: string, limit: Limit) =>
  harness.insist('PATCH /admin/merchants/{id}', {
    admin: true,
    params: { id },
    body: { limits: [{ currency: 'USD', ...limit }] },
  });

/** A merchant whose funds cover everything, so that only its limit refuses, and one that it pays. */
async function parties(limit: Limit) {
  await harness.fillPool('100000.00');
  const [id, payee] = [await harness.merchant('10000.00'), await harness.merchant('1.00')];
  await harness.deposit(id, { amount: '10000.00' });
  expect((await limitTo(id, limit)).status).toBe(200);
  return { id, payee };
}
type Parties = Awaited<ReturnType<typeof parties>>;

/** Withdrawals from both sources and transfers, in turns. */
function spend(
  { id: as, payee }: Parties,
  index: number,
  how: 'call' | 'insist',
  amount = AMOUNT,
): Promise<Reply> {
  const key = randomUUID();
  const sources = ['wallet', 'credit'] as const;
  const source = sources[index % 3];
  return source === undefined
    ? harness[how]('POST /transfers', { as, key, body: { to: payee, amount } })
    : harness[how]('POST /withdrawals', { as, key, body: { amount, source } });
}
const all = (count: number, start: (index: number) => Promise<Reply>): Promise<Reply[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => start(index)));
const tally = (replies: readonly Reply[]): Record<string, number> => {
  const counts: Record<string, number> = { accepted: 0 };
  for (const { status, body } of replies) {
    const kind = status < 300 ? 'accepted' : `${status} ${body.code} ${body.values?.left}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
};
/** Read without faults: nobody repeats what the test itself reads. */
const spentBy = async ({ id }: Parties) => {
  const rows = await harness.rows();
  const row = rows.find(({ pk, sk }) => pk === merchantPk(id) && sk === 'MERCHANT');
  return merchantRow.parse(row).spent['USD'];
};

describe.each([
  ['monthly', { monthly: '1200.00' }],
  ['daily', { daily: '1200.00', monthly: '1200.01' }],
] as const)(
  'CR-5: of 200 operations at once against a %s limit that covers 120',
  (period, limit) => {
    const expected = { accepted: 120, [`402 ${period}_limit_exceeded 0.00`]: 80 };

    it('exactly 120 are accepted under conflicts, throttling and lost answers', async () => {
      harness = await startHarness(91, ROUGH, UNHURRIED);
      const merchant = await parties(limit);
      const replies = await all(200, (index) => spend(merchant, index, 'insist'));
      expect(tally(replies)).toEqual(expected);
      expect(await spentBy(merchant)).toMatchObject({ dayAmount: 1200_00n, monthAmount: 1200_00n });
      expect(harness.faults.conflicts).toBeGreaterThan(10);
      expect(harness.faults.lostAfter).toBeGreaterThan(0);
    }, 120_000);

    it('exactly 120 are accepted in the groups of a busy merchant, under the same faults', async () => {
      harness = await startHarness(92, ROUGH, UNHURRIED);
      const merchant = await parties(limit);
      await markBusy(harness.context.responses, merchant.id, [], harness.clock.now);
      const replies = await all(200, (index) => spend(merchant, index, 'insist'));
      expect(tally(replies)).toEqual(expected);
      expect(await spentBy(merchant)).toMatchObject({ dayAmount: 1200_00n, monthAmount: 1200_00n });
      expect(harness.queue.received).toBeGreaterThan(5);
    }, 120_000);
  },
);

describe('CR-5: a group of requests on one merchant', () => {
  /** From now on, requests on the merchant join a group, which is received when it has so many messages. */
  async function busy(merchant: Parties, messages: number): Promise<void> {
    await markBusy(harness.context.responses, merchant.id, [], harness.clock.now);
    harness.queue.gather = messages;
  }
  /** Past the marker, as a process does that has not seen it. */
  async function directly<Result>(action: () => Promise<Result>): Promise<Result> {
    const { context } = harness;
    const busyBefore = context.busy;
    Object.assign(context, { busy: notBusy(context.ledger) });
    try {
      return await action();
    } finally {
      Object.assign(context, { busy: busyBefore });
    }
  }

  it('is accepted as far as the limit covers it, also where it is decided in memory', async () => {
    harness = await startHarness(1, undefined, UNHURRIED);
    const merchant = await parties({ daily: '35.00' });
    await busy(merchant, 6);
    const replies = await all(6, (index) => spend(merchant, index, 'call'));
    expect(tally(replies)).toEqual({ accepted: 3, '402 daily_limit_exceeded 5.00': 3 });
  });

  it.each([
    ['the first of the day', 0],
    ['on running counters', 1],
  ])('%s, is decided again where another spends in between', async (_, earlier) => {
    harness = await startHarness(1, undefined, UNHURRIED);
    const merchant = await parties({ daily: '40.00', monthly: '40.00' });
    await directly(() => all(earlier, (index) => spend(merchant, index, 'call')));
    await busy(merchant, 3);
    harness.beforeCommit(async () => {
      const reply = await directly(() => spend(merchant, 0, 'call', '20.00'));
      expect(reply.status).toBe(202);
    });
    const fits = 2 - earlier;
    const replies = await all(3, (index) => spend(merchant, index, 'call'));
    expect(tally(replies)).toEqual({
      accepted: fits,
      '402 monthly_limit_exceeded 0.00': 3 - fits,
    });
    expect(await spentBy(merchant)).toMatchObject({ dayAmount: 40_00n, monthAmount: 40_00n });
  });

  it('is decided again on a limit that was lowered between its read and its commit', async () => {
    harness = await startHarness(1, undefined, UNHURRIED);
    const merchant = await parties({ daily: '100.00' });
    await busy(merchant, 3);
    harness.beforeCommit(async () => {
      expect((await limitTo(merchant.id, { daily: '15.00' })).status).toBe(200);
    });
    const replies = await all(3, (index) => spend(merchant, index, 'call'));
    expect(tally(replies)).toEqual({ accepted: 1, '402 daily_limit_exceeded 5.00': 2 });
  });
});

describe('CR-5: a limit that changes while a request is under way', () => {
  it.each([0, 1, 2])('refuses it where it was lowered before its commit (%i)', async (index) => {
    harness = await startHarness(1, undefined, UNHURRIED);
    const merchant = await parties({ daily: '100.00' });
    await spend(merchant, index, 'insist');
    harness.beforeCommit(async () => {
      expect((await limitTo(merchant.id, { daily: '15.00' })).status).toBe(200);
    });
    const reply = await spend(merchant, index, 'insist');
    expect(tally([reply])).toEqual({ accepted: 0, '402 daily_limit_exceeded 5.00': 1 });
    expect(await spentBy(merchant)).toMatchObject({ dayAmount: 10_00n });
  });

  it.each([0, 1, 2])('refuses it where another took what was left (%i)', async (index) => {
    harness = await startHarness(1, undefined, UNHURRIED);
    const merchant = await parties({ daily: '29.99' });
    await spend(merchant, index, 'insist');
    harness.beforeCommit(async () => {
      expect((await spend(merchant, index + 1, 'insist')).status).toBeLessThan(300);
    });
    const reply = await spend(merchant, index, 'insist');
    expect(tally([reply])).toEqual({ accepted: 0, '402 daily_limit_exceeded 9.99': 1 });
    expect(await spentBy(merchant)).toMatchObject({ dayAmount: 20_00n });
  });

  it('stops a crowd as soon as it is lowered, and never counts more than was accepted', async () => {
    harness = await startHarness(93, ROUGH, UNHURRIED);
    const merchant = await parties({ daily: '10000.00' });
    const crowd = all(80, (index) => spend(merchant, index, 'insist'));
    while (((await spentBy(merchant))?.dayAmount ?? 0n) < 200_00n)
      await spend(merchant, 0, 'insist');
    expect((await limitTo(merchant.id, { daily: '50.00' })).status).toBe(200);
    const before = await spentBy(merchant);
    const late = await all(10, (index) => spend(merchant, index, 'insist'));
    expect(tally(late)).toEqual({ accepted: 0, '402 daily_limit_exceeded 0.00': 10 });
    await crowd;
    expect(await spentBy(merchant)).toEqual(before);
  }, 60_000);
});
