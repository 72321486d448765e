import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { creditRow, walletRow } from '../../lambdas/ledger/balances.ts';
import { commit } from '../../lambdas/ledger/commit.ts';
import { openLedger } from '../../lambdas/ledger/context.ts';
import { merchantPk } from '../../lambdas/ledger/keys.ts';
import {
  activeOnTerms,
  changeTerms,
  decideStatus,
  type Merchant,
  merchantRow,
} from '../../lambdas/ledger/merchant.ts';
import { post, postChanges } from '../../lambdas/ledger/post.ts';
import { readMerchant } from '../../lambdas/ledger/rows/merchants.ts';
import { transactionRow } from '../../lambdas/ledger/transactions.ts';
import { executeScheduled } from '../../lambdas/payouts/execute-scheduled.ts';
import { recover } from '../../lambdas/payouts/recover.ts';
import { scheduleMessage } from '../../lambdas/payouts/schedule-message.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import { bothProviders } from '../harness/both-providers.ts';
import { ROUGH } from '../harness/faults.ts';
import { type Harness, startHarness } from '../harness/harness.ts';
import { REAL } from '../harness/pacing.ts';
import { sqsRecord } from '../harness/sqs-record.ts';
import { TIMERS } from '../harness/timers.ts';
import { untilDone } from '../harness/until-done.ts';

const MINUTE = 60_000;
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(71, ROUGH);
  await harness.fillPool('1000000.00');
});
afterAll(() => harness.close());

const inMinutes = (minutes: number): string =>
  new Date(harness.clock.now.getTime() + minutes * MINUTE).toISOString();
const advanceClock = (minutes: number) => {
  harness.clock.now = new Date(harness.clock.now.getTime() + minutes * MINUTE);
};
const schedule = (as: string, more: object = {}, key: string = randomUUID()) =>
  harness.insist('POST /withdrawals', {
    as,
    key,
    body: { amount: '10.00', execute_at: inMinutes(1), ...more },
  });
const cancel = (as: string, id: string) =>
  harness.insist('DELETE /withdrawals/{id}', { as, params: { id } });
const read = async (as: string, id: string) =>
  (await harness.insist('GET /withdrawals/{id}', { as, params: { id } })).body.data;
const deposit = (id: string, amount: string, release_at?: string) =>
  harness.deposit(id, { amount, ...(release_at && { release_at }) });
/** Handles a message as the schedule queue delivers it: again until it is decided. */
const execute = async (merchantId: string, txnId: string) => {
  for (;;) {
    const { checkMarginMs } = TIMERS;
    const deps = { ...harness.context, checkMarginMs };
    const outcome = await executeScheduled(deps)({ merchantId, txnId });
    if (outcome.kind !== 'again') return outcome;
  }
};
/** The Ledger without faults, as recovery reads it. */
const faultlessLedger = () =>
  openLedger(harness.faultless, harness.context.ledger.table, REAL, () => harness.clock.now);
const ledgerRows = async () => {
  const rows = await harness.rows();
  const under = (prefix: string) => rows.filter(({ sk }) => String(sk).startsWith(prefix));
  return {
    transactions: under('TXN#').map((row) => transactionRow.parse(row)),
    merchants: under('MERCHANT').map((row) => merchantRow.parse(row)),
    credit: under('CREDIT#').map((row) => ({ pk: row['pk'], ...creditRow.parse(row) })),
    wallets: under('WALLET#').map((row) => ({ pk: row['pk'], ...walletRow.parse(row) })),
  };
};
const me = async (as: string) => (await harness.insist('GET /me', { as })).body.data;

describe('a scheduled withdrawal', () => {
  it('WD-2 CR-2: it takes no money before its time, is executed once, and settles like any other', async () => {
    const id = await harness.merchant('100.00');
    const reply = await schedule(id, {}, 'k');
    expect([reply.status, reply.body.data.status]).toEqual([202, 'SCHEDULED']);
    expect(reply.body.data.execute_at).toBe(inMinutes(1));
    const txnId = reply.body.data.id;
    expect((await me(id)).credit).toMatchObject([{ utilised: '0.00' }]);

    advanceClock(1);
    await execute(id, txnId);
    expect(await read(id, txnId)).toMatchObject({ status: 'PENDING' });
    expect((await me(id)).credit).toMatchObject([{ utilised: '10.00' }]);
    // Late and repeated messages.
    await Promise.all([execute(id, txnId), execute(id, txnId), execute(id, txnId)]);
    expect((await me(id)).credit).toMatchObject([{ utilised: '10.00' }]);
    const { transactions, merchants, credit } = await ledgerRows();
    const row = transactions.find((each) => each.txnId === txnId);
    if (row?.type !== 'withdrawal') throw new Error('no withdrawal');
    expect(row.phases).toEqual([
      {
        name: 'accept',
        at: harness.clock.now.toISOString(),
        postings: [
          ['pool', 'clearing', 10_00n],
          ['lent', 'credit', 10_00n],
        ],
        shares: [['ROOT', 10_00n]],
      },
    ]);
    expect(credit.find(({ pk }) => pk === merchantPk(id))?.by).toEqual([`${txnId}:accept`]);
    // Counted on the day of the execution.
    expect([row.limitDay, row.limitMonth]).toEqual(['2026-11-20', '2026-11']);
    expect(merchants.find((each) => each.id === id)?.spent['USD']?.dayAmount).toBe(10_00n);
    // A repeat of the request returns the original response.
    expect((await schedule(id, { execute_at: reply.body.data.execute_at }, 'k')).text).toBe(
      reply.text,
    );

    const worker = settle({
      ledger: harness.context.ledger,
      busy: harness.context.busy,
      providers: bothProviders({
        pay: async () => ({ kind: 'refused', code: 'account_closed' }),
        inquire: async () => ({ kind: 'refused', code: 'account_closed' }),
      }),
      timers: TIMERS,
    });
    await untilDone(
      () => worker({ merchantId: id, txnId }),
      () => advanceClock(2),
    );
    expect(await read(id, txnId)).toMatchObject({ status: 'FAILED', failure: 'account_closed' });
    expect((await me(id)).credit).toMatchObject([{ utilised: '0.00' }]);
    const statuses = (await read(id, txnId)).history.map(
      ({ status }: { status: string }) => status,
    );
    expect(statuses).toEqual(['SCHEDULED', 'PENDING', 'PROCESSING', 'FAILED']);
  });

  it('WD-2 WA-3: it uses the wallet’s funds at its time, matured releases included', async () => {
    const id = await harness.merchant('100.00');
    const { data } = (
      await schedule(id, { source: 'wallet', amount: '110.00', execute_at: inMinutes(5) })
    ).body;
    // More than one transaction can release: some of them are released ahead of it.
    for (let count = 0; count < 105; count += 1) await deposit(id, '1.00', inMinutes(3));
    await deposit(id, '5.00');
    advanceClock(5);
    await execute(id, data.id);
    expect(await read(id, data.id)).toMatchObject({ status: 'PENDING' });
    expect((await me(id)).wallets).toMatchObject([{ available: '0.00', pending: '0.00' }]);
  });

  it.each([
    ['insufficient_funds', { source: 'wallet', amount: '10.01' }],
    ['insufficient_credit', { amount: '100.01' }],
    ['wallet_not_found', { source: 'wallet', currency: 'JPY', amount: '5' }],
    ['no_credit_line', { currency: 'JPY', amount: '5' }],
  ])('WD-2: it fails for %s at its time, not before, and takes no money', async (code, more) => {
    const id = await harness.merchant('100.00');
    await deposit(id, '10.00');
    const reply = await schedule(id, more);
    expect(reply.status).toBe(202);
    const before = await me(id);
    advanceClock(1);
    await execute(id, reply.body.data.id);
    expect(await read(id, reply.body.data.id)).toMatchObject({ status: 'FAILED', failure: code });
    expect(await me(id)).toEqual(before);
    await execute(id, reply.body.data.id);
    expect(await me(id)).toEqual(before);
  });

  it('WD-2 ID-2: it fails if its merchant is suspended at its time, and a reactivation does not revive it', async () => {
    const id = await harness.merchant('100.00');
    const { data } = (await schedule(id)).body;
    const admin = { admin: true, params: { id } };
    await harness.insist('POST /admin/merchants/{id}/suspend', admin);
    expect((await schedule(id)).body.code).toBe('merchant_suspended');
    advanceClock(1);
    await execute(id, data.id);
    await harness.insist('POST /admin/merchants/{id}/reactivate', admin);
    await execute(id, data.id);
    expect(await read(id, data.id)).toMatchObject({
      status: 'FAILED',
      failure: 'merchant_suspended',
    });
  });

  it('WD-2: a message before its time leaves it SCHEDULED', async () => {
    const id = await harness.merchant('100.00');
    const { data } = (await schedule(id, { execute_at: inMinutes(3) })).body;
    advanceClock(1);
    expect(await execute(id, data.id)).toEqual({ kind: 'early', byMs: 2 * MINUTE });
    expect(await read(id, data.id)).toMatchObject({ status: 'SCHEDULED' });
    advanceClock(2);
    expect(await execute(id, data.id)).toEqual({ kind: 'done' });
    expect(await read(id, data.id)).toMatchObject({ status: 'PENDING' });
  });

  it('WD-2: a time that is past, too soon, too far or without a zone is refused, and a repeat returns the refusal', async () => {
    const id = await harness.merchant('100.00');
    const execute_at = inMinutes(0);
    const soon = await schedule(id, { execute_at }, 'soon');
    expect([soon.status, soon.body.code]).toEqual([422, 'execution_too_soon']);
    expect((await schedule(id, { execute_at }, 'soon')).text).toBe(soon.text);
    expect((await schedule(id, { execute_at: inMinutes(-1) })).body.code).toBe(
      'execution_too_soon',
    );
    const far = { execute_at: '9999-12-31T00:00:00Z' };
    expect((await schedule(id, far)).body.code).toBe('execution_too_far');
    for (const wrong of ['2027-01-01T00:00:00', 'tomorrow', 5, null]) {
      const reply = await schedule(id, { execute_at: wrong });
      expect([reply.status, reply.body.errors?.[0].field]).toEqual([422, 'execute_at']);
    }
  });

  it('WD-2: it may be set for the next second, and is executed at its time, not a fraction before', async () => {
    const id = await harness.merchant('100.00');
    const second = new Date(harness.clock.now.getTime() + 1_000).toISOString();
    const next = (await schedule(id, { execute_at: second })).body.data;
    expect(next.execute_at).toBe(second);
    // A tenth of a millisecond later: times are rounded up.
    const precise = second.replace('.000Z', '.0001Z');
    const rounded = (await schedule(id, { execute_at: precise })).body.data;
    expect(rounded.execute_at).toBe(second.replace('.000Z', '.001Z'));
    harness.clock.now = new Date(second);
    expect(await execute(id, next.id)).toEqual({ kind: 'done' });
    expect(await execute(id, rounded.id)).toEqual({ kind: 'early', byMs: 1 });
  });

  describe('WD-2: its message arrives up to a second early, and waits', () => {
    /** Delivers a message 700 ms early. `during` happens in its wait. */
    const deliverEarly = async (id: string, txnId: string, during = async () => {}) => {
      const at = (await read(id, txnId)).execute_at;
      harness.clock.now = new Date(Date.parse(at) - 700);
      const pauses: number[] = [];
      const handle = scheduleMessage(
        (message) => execute(message.merchantId, message.txnId),
        () => Promise.reject(new Error('postponed')),
        {
          pause: async (ms) => {
            pauses.push(ms);
            await during();
            harness.clock.now = new Date(harness.clock.now.getTime() + ms);
          },
        },
      );
      await handle(sqsRecord({ merchantId: id, txnId }));
      return { at, pauses };
    };

    it('it is executed at its time, to the millisecond', async () => {
      const id = await harness.merchant('100.00');
      const { data } = (await schedule(id)).body;
      const { at, pauses } = await deliverEarly(id, data.id);
      expect(pauses).toEqual([700]);
      const { status, history } = await read(id, data.id);
      expect([status, history.at(-1)]).toEqual(['PENDING', { status: 'PENDING', at }]);
    });

    it('a cancellation during the wait wins, and the message is deleted', async () => {
      const id = await harness.merchant('100.00');
      const { data } = (await schedule(id)).body;
      await deliverEarly(id, data.id, async () => {
        expect((await cancel(id, data.id)).status).toBe(200);
      });
      expect(await read(id, data.id)).toMatchObject({ status: 'CANCELLED' });
      expect((await me(id)).credit).toMatchObject([{ utilised: '0.00' }]);
    });
  });

  it('WD-2 ID-2: its merchant cannot be archived', async () => {
    const id = await harness.merchant('100.00');
    const { data } = (await schedule(id)).body;
    const archive = (key: string) =>
      harness.insist('POST /admin/merchants/{id}/archive', { admin: true, key, params: { id } });
    const refused = await archive('first');
    expect([refused.status, refused.body.code]).toEqual([409, 'merchant_not_empty']);
    await cancel(id, data.id);
    // A repeat returns the stored refusal; a new request is decided again.
    expect((await archive('first')).text).toBe(refused.text);
    expect((await archive('second')).status).toBe(200);
  });

  it('WD-2 ID-2 OP-3: of a schedule and an archive at the same time exactly one succeeds, 100 times', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const id = await harness.merchant('100.00');
        const archive = { admin: true, key: randomUUID(), params: { id } };
        const [scheduled, archived] = await Promise.all([
          schedule(id),
          harness.insist('POST /admin/merchants/{id}/archive', archive),
        ]);
        return [scheduled.status === 202, archived.status === 200];
      }),
    );
    expect(outcomes.filter(([scheduled, archived]) => scheduled === archived)).toEqual([]);
  }, 60_000);

  describe('WD-2 ID-2: it is guarded by the row of its merchant', () => {
    const merchantOf = async (id: string): Promise<Merchant> => {
      const merchant = await readMerchant(faultlessLedger(), id);
      if (merchant === undefined) throw new Error('no merchant');
      return merchant;
    };
    const guard = (merchant: Merchant) =>
      commit(
        faultlessLedger(),
        post([
          {
            txnId: 'T1',
            name: 'accept',
            postings: [],
            guards: [activeOnTerms(merchant)],
            changes: [],
          },
        ]),
      );

    it('an archive that read the merchant before the withdrawal was scheduled loses', async () => {
      const id = await harness.merchant('100.00');
      const merchant = await merchantOf(id);
      expect((await schedule(id)).status).toBe(202);
      expect((await merchantOf(id)).version).toBe(merchant.version + 1n);
      const archive = postChanges([decideStatus(merchant, 'ARCHIVED')]);
      expect(await commit(faultlessLedger(), archive)).toMatchObject({
        kind: 'refused',
        by: 'merchant',
      });
    });

    it('other withdrawals do not make it lose, and new terms or a suspension do', async () => {
      const id = await harness.merchant('100.00');
      const merchant = await merchantOf(id);
      expect(await guard(merchant)).toEqual({ kind: 'committed' });
      expect(await guard(merchant)).toEqual({ kind: 'committed' });
      const newTerms = postChanges([changeTerms(id, { feePpm: 1n })]);
      expect(await commit(faultlessLedger(), newTerms)).toEqual({ kind: 'committed' });
      expect(await guard(merchant)).toMatchObject({ kind: 'refused', by: 'merchant' });

      const current = await merchantOf(id);
      expect(await guard(current)).toEqual({ kind: 'committed' });
      await harness.insist('POST /admin/merchants/{id}/suspend', { admin: true, params: { id } });
      expect(await guard(current)).toMatchObject({ kind: 'refused', by: 'merchant' });
    });
  });

  it('WD-2: a message for a transaction without a payout or an unknown one is deleted', async () => {
    const id = await harness.merchant('100.00');
    const other = await harness.merchant('100.00');
    const { data } = (await deposit(id, '5.00')).body;
    const scheduled = (await schedule(id)).body.data;
    const before = await harness.rows();
    advanceClock(1);
    for (const [merchantId, txnId] of [
      [id, data.id],
      [id, 'UNKNOWN'],
      [other, scheduled.id],
    ]) {
      expect(await execute(merchantId, txnId)).toEqual({ kind: 'done' });
    }
    expect(await harness.rows()).toEqual(before);
  });
});

describe('a scheduled withdrawal is listed and cancelled', () => {
  it('WD-2 AP-6: a merchant lists its own withdrawals by status', async () => {
    const id = await harness.merchant('100.00');
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) ids.push((await schedule(id)).body.data.id);
    await harness.insist('POST /withdrawals', { as: id, key: 'now', body: { amount: '1.00' } });
    await cancel(id, ids[0] ?? '');
    const list = async (query: Record<string, string>) =>
      (await harness.insist('GET /withdrawals', { as: id, query })).body;
    const found = (await list({ status: 'SCHEDULED' })).data.items;
    expect(found.map((each: { id: string }) => each.id).toSorted()).toEqual(
      ids.slice(1).toSorted(),
    );
    expect((await list({ status: 'CANCELLED' })).data.items).toMatchObject([{ id: ids[0] }]);
    const { next_cursor } = (await list({ status: 'SCHEDULED', limit: '1' })).data;
    expect(
      (await list({ status: 'SCHEDULED', limit: '1', cursor: next_cursor })).data.items,
    ).toHaveLength(1);
    expect((await list({ status: 'PENDING', limit: '1', cursor: next_cursor })).code).toBe(
      'invalid_cursor',
    );
    expect((await list({ status: 'UNKNOWN' })).errors[0].field).toBe('status');
  });

  it('WD-2: cancelling again returns it cancelled, and a payout under way cannot be cancelled', async () => {
    const [id, other] = [await harness.merchant('100.00'), await harness.merchant('100.00')];
    const { data } = (await schedule(id)).body;
    expect((await cancel(other, data.id)).body.code).toBe('withdrawal_not_found');
    const cancelled = await cancel(id, data.id);
    expect([cancelled.status, cancelled.body.data.status]).toEqual([200, 'CANCELLED']);
    expect((await cancel(id, data.id)).text).toBe(cancelled.text);
    advanceClock(1);
    await execute(id, data.id);
    expect(await read(id, data.id)).toMatchObject({ status: 'CANCELLED' });
    expect((await me(id)).credit).toMatchObject([{ utilised: '0.00' }]);

    const order = { as: id, key: 'now', body: { amount: '1.00' } };
    const { id: pending } = (await harness.insist('POST /withdrawals', order)).body.data;
    const refused = await cancel(id, pending);
    expect([refused.status, refused.body.code]).toEqual([409, 'withdrawal_not_cancellable']);
    expect((await cancel(id, 'NOSUCH')).status).toBe(404);
  });

  it('WD-2 OP-3: of a cancellation and an execution at the same time exactly one succeeds, 500 times', async () => {
    const merchants = await Promise.all(
      Array.from({ length: 20 }, () => harness.merchant('1000.00')),
    );
    for (const id of merchants) await deposit(id, '130.00');
    const races = merchants.flatMap((id) =>
      Array.from({ length: 25 }, (_, index) => ({
        id,
        more: { amount: '5.00', source: index % 2 === 0 ? 'wallet' : 'credit' },
      })),
    );
    const made = [];
    for (let from = 0; from < races.length; from += 50) {
      made.push(
        ...(await Promise.all(
          races.slice(from, from + 50).map(async ({ id, more }) => ({
            id,
            txnId: String((await schedule(id, more)).body.data.id),
          })),
        )),
      );
    }
    advanceClock(1);
    const cancelledBy = new Map<string, boolean>();
    for (let from = 0; from < made.length; from += 50) {
      await Promise.all(
        made.slice(from, from + 50).map(async ({ id, txnId }) => {
          const [reply] = await Promise.all([
            cancel(id, txnId),
            execute(id, txnId),
            execute(id, txnId),
          ]);
          expect([200, 409]).toContain(reply.status);
          cancelledBy.set(txnId, reply.status === 200);
        }),
      );
    }
    const { transactions, wallets, credit } = await ledgerRows();
    const ours = transactions
      .filter((row) => row.type === 'withdrawal')
      .filter(({ txnId }) => cancelledBy.has(txnId));
    expect(ours).toHaveLength(500);
    for (const { txnId, status, phases } of ours) {
      const cancelled = cancelledBy.get(txnId);
      expect([txnId, status]).toEqual([txnId, cancelled ? 'CANCELLED' : 'PENDING']);
      expect([txnId, phases.length]).toEqual([txnId, cancelled ? 0 : 1]);
    }
    const won = [...cancelledBy.values()].filter(Boolean).length;
    expect(won).toBeGreaterThan(0);
    expect(won).toBeLessThan(500);
    for (const id of merchants) {
      const executed = ours.filter((row) => row.merchantId === id && row.status === 'PENDING');
      const sum = (from: string) =>
        BigInt(executed.filter(({ source }) => source === from).length) * 5_00n;
      expect(wallets.find(({ pk }) => pk === merchantPk(id))?.available).toBe(
        130_00n - sum('wallet'),
      );
      expect(credit.find(({ pk }) => pk === merchantPk(id))?.utilised).toBe(sum('credit'));
    }
  }, 180_000);
});

it('WD-2 WD-8: recovery executes a withdrawal whose message was lost, one minute after its time', async () => {
  const id = await harness.merchant('100.00');
  const { data } = (await schedule(id)).body;
  const [toExecute, toSettle]: [string[], string[]] = [[], []];
  const run = () =>
    recover({
      ...harness.context,
      // After a lost response recovery may send a second message, and this test counts messages.
      ledger: faultlessLedger(),
      againAfterMs: 15 * MINUTE,
      settle: async ({ txnId }) => void toSettle.push(txnId),
      execute: async ({ txnId }) => void toExecute.push(txnId),
      rebalance: async () => {},
    })();
  advanceClock(1.9);
  for (let runs = 0; runs < 5; runs += 1) await run();
  expect(toExecute).not.toContain(data.id);
  advanceClock(0.1);
  for (let runs = 0; runs < 10; runs += 1) await run();
  expect(toExecute.filter((txnId) => txnId === data.id)).toHaveLength(1);
  await execute(id, data.id);
  expect(await read(id, data.id)).toMatchObject({ status: 'PENDING' });
  // It is a payout for settlement now. Its message may be lost as well.
  for (let runs = 0; runs < 5; runs += 1) await run();
  expect(toSettle).not.toContain(data.id);
  advanceClock(15);
  for (let runs = 0; runs < 10; runs += 1) await run();
  expect(toSettle.filter((txnId) => txnId === data.id)).toHaveLength(1);
  expect(toExecute.filter((txnId) => txnId === data.id)).toHaveLength(1);
});
