import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commit } from '../../lambdas/ledger/commit.ts';
import { claimMerchant, readMerchant } from '../../lambdas/ledger/rows/merchants.ts';
import { openLedger } from '../../lambdas/ledger/table.ts';
import { carryOutDue } from '../../lambdas/payouts/execute-scheduled.ts';
import { sweep } from '../../lambdas/payouts/recover.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import { ROUGH } from '../harness/faults.ts';
import { startWorld, type World } from '../harness/harness.ts';
import { readBooks } from '../model/snapshot.ts';

const MINUTE = 60_000;
let world: World;
beforeAll(async () => {
  world = await startWorld(71, ROUGH);
  await world.fillPool('1000000.00');
});
afterAll(() => world.close());

const inMinutes = (minutes: number): string =>
  new Date(world.clock.now.getTime() + minutes * MINUTE).toISOString();
const wait = (minutes: number) => {
  world.clock.now = new Date(world.clock.now.getTime() + minutes * MINUTE);
};
const schedule = (as: string, more: object = {}, key: string = randomUUID()) =>
  world.insist('POST /withdrawals', {
    as,
    key,
    body: { amount: '10.00', execute_at: inMinutes(1), ...more },
  });
const cancel = (as: string, id: string) =>
  world.insist('DELETE /withdrawals/{id}', { as, params: { id } });
const read = async (as: string, id: string) =>
  (await world.insist('GET /withdrawals/{id}', { as, params: { id } })).body.data;
const deposit = (id: string, amount: string, release_at?: string) =>
  world.deposit(id, { amount, ...(release_at && { release_at }) });
/** As the due queue does it: a message that must come again comes again. */
const fire = async (merchantId: string, txnId: string): Promise<void> => {
  const carryOut = carryOutDue({ ledger: world.books.ledger, now: () => world.clock.now });
  while ((await carryOut({ merchantId, txnId })).kind === 'again');
};
const me = async (as: string) => (await world.insist('GET /me', { as })).body.data;

describe('a withdrawal with a time', () => {
  it('WD-2 CR-2: takes no money until then, is carried out once, and goes on as any other', async () => {
    const id = await world.merchant('100.00');
    const reply = await schedule(id, {}, 'k');
    expect([reply.status, reply.body.data.status]).toEqual([202, 'SCHEDULED']);
    expect(reply.body.data.execute_at).toBe(inMinutes(1));
    const txnId = reply.body.data.id;
    expect((await me(id)).credit).toMatchObject([{ utilised: '0.00' }]);

    wait(1);
    await fire(id, txnId);
    expect(await read(id, txnId)).toMatchObject({ status: 'PENDING' });
    expect((await me(id)).credit).toMatchObject([{ utilised: '10.00' }]);
    // Late, and doubled.
    await Promise.all([fire(id, txnId), fire(id, txnId), fire(id, txnId)]);
    expect((await me(id)).credit).toMatchObject([{ utilised: '10.00' }]);
    const { transactions, merchants } = await readBooks(world);
    const row = transactions.find((each) => each.txnId === txnId);
    expect(row?.phases).toMatchObject([
      { name: 'accept', postings: { pool: -10_00n, clearing: 10_00n, credit: 10_00n } },
    ]);
    expect(row?.shares).toEqual([{ shard: 'ROOT', amount: 10_00n }]);
    // Counted on the day on which it was carried out.
    expect(row?.limitDay).toBe('2026-11-20');
    expect(merchants.find((each) => each.id === id)?.spent['USD']?.dayAmount).toBe(10_00n);
    // The first answer, word for word.
    expect((await schedule(id, { execute_at: reply.body.data.execute_at }, 'k')).text).toBe(
      reply.text,
    );

    const worker = settle({
      ledger: world.books.ledger,
      bank: {
        pay: async () => ({ kind: 'refused', code: 'account_closed' }),
        inquire: async () => ({ kind: 'refused', code: 'account_closed' }),
      },
      now: () => world.clock.now,
      timers: { claimMs: 1_000, leaseMs: 90_000, visibilityMs: 180_000, quietMs: 600_000 },
    });
    while ((await worker({ merchantId: id, txnId })) !== 'done') wait(2);
    expect(await read(id, txnId)).toMatchObject({ status: 'FAILED', failure: 'account_closed' });
    expect((await me(id)).credit).toMatchObject([{ utilised: '0.00' }]);
    const statuses = (await read(id, txnId)).history.map(
      ({ status }: { status: string }) => status,
    );
    expect(statuses).toEqual(['SCHEDULED', 'PENDING', 'PROCESSING', 'FAILED']);
  });

  it('WD-2 WA-3: from the wallet, with what the wallet holds by then, tranches and all', async () => {
    const id = await world.merchant('100.00');
    const { data } = (
      await schedule(id, { source: 'wallet', amount: '50.00', execute_at: inMinutes(5) })
    ).body;
    for (let count = 0; count < 45; count += 1) await deposit(id, '1.00', inMinutes(3));
    await deposit(id, '5.00');
    wait(5);
    await fire(id, data.id);
    expect(await read(id, data.id)).toMatchObject({ status: 'PENDING' });
    expect((await me(id)).wallets).toMatchObject([{ available: '0.00', pending: '0.00' }]);
  });

  it.each([
    ['insufficient_funds', { source: 'wallet', amount: '10.01' }],
    ['insufficient_credit', { amount: '100.01' }],
    ['wallet_not_found', { source: 'wallet', currency: 'JPY', amount: '5' }],
    ['no_credit_line', { currency: 'JPY', amount: '5' }],
  ])(
    'WD-2: fails for %s when its time has come, not before, and costs nothing',
    async (code, more) => {
      const id = await world.merchant('100.00');
      await deposit(id, '10.00');
      const reply = await schedule(id, more);
      expect(reply.status).toBe(202);
      const before = await me(id);
      wait(1);
      await fire(id, reply.body.data.id);
      expect(await read(id, reply.body.data.id)).toMatchObject({ status: 'FAILED', failure: code });
      expect(await me(id)).toEqual(before);
      await fire(id, reply.body.data.id);
      expect(await me(id)).toEqual(before);
    },
  );

  it('WD-2 ID-2: of a merchant that is suspended by then fails; reactivating does not bring it back', async () => {
    const id = await world.merchant('100.00');
    const { data } = (await schedule(id)).body;
    const admin = { admin: true, params: { id } };
    await world.insist('POST /admin/merchants/{id}/suspend', admin);
    expect((await schedule(id)).body.code).toBe('merchant_suspended');
    wait(1);
    await fire(id, data.id);
    await world.insist('POST /admin/merchants/{id}/reactivate', admin);
    await fire(id, data.id);
    expect(await read(id, data.id)).toMatchObject({
      status: 'FAILED',
      failure: 'merchant_suspended',
    });
  });

  it('WD-2: fired too early it waits for its time, to the second', async () => {
    const id = await world.merchant('100.00');
    const { data } = (await schedule(id, { execute_at: inMinutes(3) })).body;
    const carryOut = carryOutDue({ ledger: world.books.ledger, now: () => world.clock.now });
    const message = { merchantId: id, txnId: data.id };
    const early = async () => {
      for (;;) {
        const verdict = await carryOut(message);
        if (verdict.kind !== 'again') return verdict;
      }
    };
    wait(1);
    expect(await early()).toEqual({ kind: 'early', byMs: 2 * MINUTE });
    expect(await read(id, data.id)).toMatchObject({ status: 'SCHEDULED' });
    wait(2);
    expect(await early()).toEqual({ kind: 'done' });
    expect(await read(id, data.id)).toMatchObject({ status: 'PENDING' });
  });

  it('WD-2: too near, past, too far, without a zone: refused, and the refusal is remembered', async () => {
    const id = await world.merchant('100.00');
    const execute_at = inMinutes(0.5);
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

  it('WD-2 ID-2: keeps its merchant from being archived', async () => {
    const id = await world.merchant('100.00');
    const { data } = (await schedule(id)).body;
    const archive = { admin: true, key: randomUUID(), params: { id } };
    const refused = await world.insist('POST /admin/merchants/{id}/archive', archive);
    expect(refused.body.code).toBe('merchant_not_empty');
    await cancel(id, data.id);
    expect((await world.insist('POST /admin/merchants/{id}/archive', archive)).status).toBe(200);
  });

  it('WD-2 ID-2 OP-3: against an archive, 100 times: never both', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const id = await world.merchant('100.00');
        const archive = { admin: true, key: randomUUID(), params: { id } };
        const [planned, ended] = await Promise.all([
          schedule(id),
          world.insist('POST /admin/merchants/{id}/archive', archive),
        ]);
        return [planned.status === 202, ended.status === 200];
      }),
    );
    expect(outcomes.filter(([planned, ended]) => planned === ended)).toEqual([]);
  }, 60_000);

  it('WD-2 ID-2: is guarded by its merchant’s row: a version that has moved on decides anew', async () => {
    const id = await world.merchant('100.00');
    const { ledger } = world.books;
    const merchant = await readMerchant(openLedger(world.calm, ledger.table), id);
    if (merchant === undefined) throw new Error('no merchant');
    const guard = () => commit(world.calm, [claimMerchant(ledger, merchant)]);
    expect(await guard()).toEqual({ kind: 'committed' });
    expect(await guard()).toMatchObject({ kind: 'refused', by: 'merchant' });
  });
});

describe('a scheduled withdrawal is listed and cancelled', () => {
  it('WD-2 AP-6: by status, among the caller’s own', async () => {
    const id = await world.merchant('100.00');
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) ids.push((await schedule(id)).body.data.id);
    await world.insist('POST /withdrawals', { as: id, key: 'now', body: { amount: '1.00' } });
    await cancel(id, ids[0] ?? '');
    const list = async (query: Record<string, string>) =>
      (await world.insist('GET /withdrawals', { as: id, query })).body;
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

  it('WD-2: cancelling twice finds it cancelled; what is on its way cannot be cancelled', async () => {
    const [id, other] = [await world.merchant('100.00'), await world.merchant('100.00')];
    const { data } = (await schedule(id)).body;
    expect((await cancel(other, data.id)).body.code).toBe('withdrawal_not_found');
    const cancelled = await cancel(id, data.id);
    expect([cancelled.status, cancelled.body.data.status]).toEqual([200, 'CANCELLED']);
    expect((await cancel(id, data.id)).text).toBe(cancelled.text);
    wait(1);
    await fire(id, data.id);
    expect(await read(id, data.id)).toMatchObject({ status: 'CANCELLED' });
    expect((await me(id)).credit).toMatchObject([{ utilised: '0.00' }]);

    const order = { as: id, key: 'now', body: { amount: '1.00' } };
    const { id: pending } = (await world.insist('POST /withdrawals', order)).body.data;
    const refused = await cancel(id, pending);
    expect([refused.status, refused.body.code]).toEqual([409, 'withdrawal_not_cancellable']);
    expect((await cancel(id, 'NOSUCH')).status).toBe(404);
  });

  it('WD-2 OP-3: cancelling against firing, 500 times: exactly one wins, and the money says which', async () => {
    const merchants = await Promise.all(
      Array.from({ length: 20 }, () => world.merchant('1000.00')),
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
    wait(1);
    const cancelledBy = new Map<string, boolean>();
    for (let from = 0; from < made.length; from += 50) {
      await Promise.all(
        made.slice(from, from + 50).map(async ({ id, txnId }) => {
          const [reply] = await Promise.all([cancel(id, txnId), fire(id, txnId), fire(id, txnId)]);
          expect([200, 409]).toContain(reply.status);
          cancelledBy.set(txnId, reply.status === 200);
        }),
      );
    }
    const { transactions, wallets, credit } = await readBooks(world);
    const ours = transactions.filter(({ txnId }) => cancelledBy.has(txnId));
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
      const fired = ours.filter((row) => row.merchantId === id && row.status === 'PENDING');
      const sum = (from: string) =>
        BigInt(fired.filter(({ source }) => source === from).length) * 5_00n;
      expect(wallets.find(({ owner }) => owner === id)?.available).toBe(130_00n - sum('wallet'));
      expect(credit.find(({ owner }) => owner === id)?.utilised).toBe(sum('credit'));
    }
  }, 180_000);
});

it('WD-2 WD-8: one whose schedule never fires is found by the sweep, two minutes after its time', async () => {
  const id = await world.merchant('100.00');
  const { data } = (await schedule(id)).body;
  const [due, toSettle]: [string[], string[]] = [[], []];
  const run = () =>
    sweep({
      // On a store that loses answers it may send one too many; how many is what is counted here.
      ledger: openLedger(world.calm, world.books.ledger.table),
      now: () => world.clock.now,
      againAfterMs: 15 * MINUTE,
      settle: async ({ txnId }) => void toSettle.push(txnId),
      carryOut: async ({ txnId }) => void due.push(txnId),
    })();
  wait(2.9);
  for (let runs = 0; runs < 5; runs += 1) await run();
  expect(due).not.toContain(data.id);
  wait(0.1);
  for (let runs = 0; runs < 10; runs += 1) await run();
  expect(due.filter((txnId) => txnId === data.id)).toHaveLength(1);
  await fire(id, data.id);
  expect(await read(id, data.id)).toMatchObject({ status: 'PENDING' });
  // Now it is settlement's, and what the stream says of it may be lost as well.
  for (let runs = 0; runs < 5; runs += 1) await run();
  expect(toSettle).not.toContain(data.id);
  wait(15);
  for (let runs = 0; runs < 10; runs += 1) await run();
  expect(toSettle.filter((txnId) => txnId === data.id)).toHaveLength(1);
  expect(due.filter((txnId) => txnId === data.id)).toHaveLength(1);
});
