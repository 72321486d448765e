import { randomUUID } from 'node:crypto';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { closeSmall } from '../../../lambdas/ledger/pool/rebalance.ts';
import { readPool } from '../../../lambdas/ledger/rows/pool.ts';
import { rebalance } from '../../../lambdas/operations/pools/rebalance.ts';
import { recoverReleases } from '../../../lambdas/payouts/recover-releases.ts';
import { USD } from '../../harness/harness.ts';
import { expectProblem } from '../../harness/http-caller.ts';
import { expectConserved, rowOf, walletOf } from '../confirmations/setup.ts';
import { type Reversing, startReversing } from './setup.ts';

const NOON = new Date('2026-11-20T12:00:00.000Z');
const ONE = '2026-11-20T13:00:00.000Z';
const TWO = new Date('2026-11-20T14:00:00.000Z');

let admins: Reversing;
beforeAll(async () => {
  admins = await startReversing(51);
});
afterEach(async () => {
  admins.harness.clock.now = NOON;
  await expectConserved(admins.harness);
});
afterAll(() => admins.harness.close());

const merchant = (): Promise<string> => admins.harness.merchant('100.00');
const releasesOf = async (id: string) =>
  (await admins.harness.rows()).filter(
    ({ pk, sk }) => pk === `M#${id}` && String(sk).startsWith('RELEASE#'),
  );
const shownTo = async (as: string, id: string) =>
  (await admins.harness.insist('GET /transactions/{id}', { as, params: { id } })).body.data;

describe('WA-9: an admin reverses a deposit', () => {
  it('that was immediate: its whole amount leaves the wallet, and the two show each other', async () => {
    const { harness, deposited, reverse } = admins;
    const id = await merchant();
    await deposited(id, '5.00');
    const mistake = await deposited(id, '30.00');
    const reply = await reverse(mistake, { reason: 'sent twice' });
    const { id: reversal } = reply.body.data;
    const shown = {
      type: 'reversal',
      reverses: mistake,
      amount: '30.00',
      currency: 'USD',
      reason: 'sent twice',
    };
    expect([reply.status, reply.body.data]).toEqual([
      201,
      { id: reversal, ...shown, merchant_id: id, created_at: NOON.toISOString() },
    ]);
    expect(reply.headers['location']).toBe(`/api/v1/admin/transactions/${reversal}`);
    expect(await walletOf(harness, id)).toEqual({ available: 500n, pending: 0n });

    expect(await shownTo(id, mistake)).toMatchObject({ type: 'deposit', reversed_by: reversal });
    expect(await shownTo(id, reversal)).toMatchObject({ ...shown, status: 'SUCCEEDED' });
    const { items } = (await harness.insist('GET /transactions', { as: id })).body.data;
    expect(items.map((each: { id: string }) => each.id)).toEqual(
      expect.arrayContaining([mistake, reversal]),
    );
    const all = { admin: true, query: { merchant: id, type: 'reversal' } };
    const ofAdmins = (await harness.insist('GET /admin/transactions', all)).body.data.items;
    expect(ofAdmins).toMatchObject([{ ...shown, merchant_id: id, admin: 'alice' }]);
    // Another merchant finds neither.
    const other = { as: await merchant(), params: { id: reversal } };
    expectProblem(
      await harness.insist('GET /transactions/{id}', other),
      404,
      'transaction_not_found',
    );
  });

  it.each(['ACTIVE', 'SUSPENDED'])('of a merchant that is %s', async (status) => {
    const { harness, deposited, reverse } = admins;
    const id = await merchant();
    const mistake = await deposited(id, '30.00');
    if (status === 'SUSPENDED')
      await harness.insist('POST /admin/merchants/{id}/suspend', { admin: true, params: { id } });
    expect((await reverse(mistake)).status).toBe(201);
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
  });

  it('WA-3: that is pending: what is available stays, and nothing is released later', async () => {
    const { harness, deposited, reverse } = admins;
    const id = await merchant();
    await deposited(id, '50.00');
    const mistake = await deposited(id, '30.00', ONE);
    const kept = await deposited(id, '7.00', ONE);
    expect((await reverse(mistake)).status).toBe(201);
    expect(await walletOf(harness, id)).toEqual({ available: 5000n, pending: 700n });
    expect(await releasesOf(id)).toMatchObject([{ depositId: kept }]);
    harness.clock.now = TWO;
    await recoverReleases(harness.context, TWO);
    expect(await walletOf(harness, id)).toEqual({ available: 5700n, pending: 0n });
    expectProblem(await reverse(mistake), 409, 'transaction_already_reversed');
  });

  it('WA-3: that has matured, and is not released yet', async () => {
    const { harness, deposited, reverse } = admins;
    const id = await merchant();
    const mistake = await deposited(id, '30.00', ONE);
    await deposited(id, '7.00', ONE);
    harness.clock.now = TWO;
    expect((await reverse(mistake)).status).toBe(201);
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 700n });
    const { status } = await admins.withdraw(id, '7.00');
    expect(status).toBe(202);
  });

  it('WA-3: that was released', async () => {
    const { harness, deposited, reverse } = admins;
    const id = await merchant();
    const mistake = await deposited(id, '30.00', ONE);
    harness.clock.now = TWO;
    await recoverReleases(harness.context, TWO);
    expect(await releasesOf(id)).toEqual([]);
    expect((await reverse(mistake)).status).toBe(201);
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
  });

  it('WA-3: with other money that has matured, of more releases than one transaction can delete', async () => {
    const { harness, deposited, reverse } = admins;
    const id = await merchant();
    const mistake = await deposited(id, '45.00');
    expect((await admins.withdraw(id, '45.00')).status).toBe(202);
    await Promise.all(Array.from({ length: 100 }, () => deposited(id, '0.45', ONE)));
    expectProblem(await reverse(mistake), 402, 'deposit_spent');
    harness.clock.now = TWO;
    expect((await reverse(mistake)).status).toBe(201);
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
    expect(await releasesOf(id)).toEqual([]);
  });

  it('not while its money is spent, and with a new key once money is back', async () => {
    const { harness, deposited, reverse } = admins;
    const id = await merchant();
    const mistake = await deposited(id, '30.00');
    await admins.withdraw(id, '20.00');
    const key = randomUUID();
    const refused = await reverse(mistake, { key });
    expectProblem(refused, 402, 'deposit_spent');
    expect(refused.body.values).toEqual({ held: '10.00', currency: 'USD' });
    expect(await shownTo(id, mistake)).not.toHaveProperty('reversed_by');
    // Pending money is not there yet.
    await deposited(id, '30.00', ONE);
    expectProblem(await reverse(mistake), 402, 'deposit_spent');
    await deposited(id, '20.00');
    expect((await reverse(mistake, { key })).text).toBe(refused.text);
    expect((await reverse(mistake)).status).toBe(201);
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 3000n });
  });

  it('CR-5: and counts nothing', async () => {
    const { harness, deposited, reverse } = admins;
    const id = await merchant();
    const mistake = await deposited(id, '30.00');
    await deposited(id, '1.00');
    await admins.withdraw(id, '1.00');
    const merchantRow = async () =>
      (await harness.rows()).find(({ pk, sk }) => pk === `M#${id}` && sk === 'MERCHANT');
    const before = await merchantRow();
    expect((await reverse(mistake)).status).toBe(201);
    expect(await merchantRow()).toEqual(before);
  });

  it('ID-2: not of a merchant that is archived, whose wallets are empty', async () => {
    const { harness, deposited, reverse, transfer, archive } = admins;
    const id = await merchant();
    const mistake = await deposited(id, '10.20');
    expect((await transfer(id, await merchant(), '10.00')).status).toBe(201);
    expect((await archive(id)).status).toBe(200);
    expectProblem(await reverse(mistake), 402, 'deposit_spent');
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
  });
});

describe('WA-9 CR-1: an admin reverses a top-up', () => {
  const pool = async () => {
    const found = await readPool(admins.harness.context.ledger, USD);
    if (found === undefined) throw new Error('no pool');
    return found;
  };
  const available = async (): Promise<string> => {
    const request = { admin: true, params: { currency: 'USD' } };
    return (await admins.harness.insist('GET /admin/pools/{currency}', request)).body.data
      .available;
  };

  it('from the pool, which no merchant sees', async () => {
    const { harness, toppedUp, reverse } = admins;
    await toppedUp('70.00');
    const mistake = await toppedUp('30.00');
    const reply = await reverse(mistake);
    expect([reply.status, reply.body.data]).toMatchObject([
      201,
      { type: 'reversal', reverses: mistake, amount: '30.00', currency: 'USD' },
    ]);
    expect(reply.body.data).not.toHaveProperty('merchant_id');
    expect(await available()).toBe('70.00');
    expect(await rowOf(harness, mistake)).toMatchObject({ reversedBy: reply.body.data.id });
    const read = { admin: true, params: { id: mistake } };
    const shown = await harness.insist('GET /admin/transactions/{id}', read);
    expect(shown.body.data).toMatchObject({ reversed_by: reply.body.data.id, merchant_id: null });
    expectProblem(await reverse(mistake), 409, 'transaction_already_reversed');
  });

  it('not while it is lent, and exactly to the last cent once it is back', async () => {
    const { harness, toppedUp, reverse, withdraw } = admins;
    const mistake = await toppedUp('10.00');
    const id = await merchant();
    // 80.00 are there.
    expect((await withdraw(id, '70.01', 'credit')).status).toBe(202);
    expectProblem(await reverse(mistake), 402, 'insufficient_pool');
    await harness.insist('POST /admin/wallets/{merchant_id}/repayments', {
      admin: true,
      key: randomUUID(),
      params: { merchant_id: id },
      body: { amount: '0.01' },
    });
    expect((await reverse(mistake)).status).toBe(201);
    expect(await available()).toBe('0.00');
  });

  it('composed of several shards, while one of them is closed', async () => {
    const { harness, toppedUp, reverse } = admins;
    const { ledger } = harness.context;
    const mistake = await toppedUp('90.00');
    const change = { admin: true, key: randomUUID(), params: { currency: 'USD' } };
    await harness.insist('PATCH /admin/pools/{currency}', { ...change, body: { shards: 4 } });
    await rebalance(ledger, USD);
    await rebalance(ledger, USD);
    const [first] = (await pool()).shards.filter(({ open }) => open);
    if (first === undefined) throw new Error('no open shard');
    await closeSmall(ledger, { kind: 'retry', small: { shard: first, low: 0n } });
    const reply = await reverse(mistake);
    expect(reply.status).toBe(201);
    const [phase] = (await rowOf(harness, reply.body.data.id)).phases;
    expect(phase?.shares?.length).toBeGreaterThan(1);
    expect(phase?.shares?.map(([shard]) => shard)).not.toContain(first.shard);
    expect(await available()).toBe('0.00');
  });
});

describe('WA-9: a reversal is refused', () => {
  it('of what there is not, and forgets that', async () => {
    const key = randomUUID();
    expectProblem(await admins.reverse('NOTHING', { key }), 404, 'transaction_not_found');
    const mistake = await admins.deposited(await merchant(), '1.00');
    // Nothing was stored under the key.
    expect((await admins.reverse(mistake, { key })).status).toBe(201);
  });

  it('of anything else than a deposit or top-up, also of a reversal', async () => {
    const id = await merchant();
    await admins.deposited(id, '30.00');
    const withdrawal = await admins.withdraw(id, '1.00');
    const transfer = await admins.transfer(id, await merchant(), '1.00');
    const mistake = await admins.deposited(id, '2.00');
    const reversal = await admins.reverse(mistake);
    for (const { body } of [withdrawal, transfer, reversal])
      expectProblem(await admins.reverse(body.data.id), 422, 'transaction_not_reversible');
  });

  it.each([
    ['an empty reason', { reason: '' }],
    ['a long reason', { reason: 'x'.repeat(201) }],
    ['half a character', { reason: '\ud83d' }],
    ['an amount', { amount: '1.00' }],
  ])('for %s', async (_, body) => {
    const mistake = await admins.deposited(await merchant(), '1.00');
    const request = { admin: true, key: randomUUID(), params: { id: mistake }, body };
    const reply = await admins.harness.call('POST /admin/transactions/{id}/reverse', request);
    expectProblem(reply, 422, 'invalid_request');
  });

  it('without a key', async () => {
    const reply = await admins.harness.call('POST /admin/transactions/{id}/reverse', {
      admin: true,
      params: { id: 'X' },
    });
    expectProblem(reply, 400, 'idempotency_key_required');
  });
});

describe('WA-9: the same key', () => {
  it('returns the first response, also after it has expired', async () => {
    const { harness, deposited, reverse } = admins;
    const id = await merchant();
    const mistake = await deposited(id, '30.00');
    const key = randomUUID();
    const first = await reverse(mistake, { key, reason: 'why' });
    const again = await reverse(mistake, { key, reason: 'why' });
    const { table: TableName } = harness.context.responses;
    for (const response of await harness.responses())
      await harness.faultless.send(new DeleteCommand({ TableName, Key: { id: response['id'] } }));
    const later = await reverse(mistake, { key, reason: 'why' });
    for (const reply of [again, later])
      expect([reply.text, reply.headers['idempotency-replayed']]).toEqual([first.text, 'true']);
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
  });

  it('is refused for another transaction', async () => {
    const { deposited, reverse } = admins;
    const id = await merchant();
    const [one, other] = [await deposited(id, '1.00'), await deposited(id, '2.00')];
    const key = randomUUID();
    expect((await reverse(one, { key })).status).toBe(201);
    expectProblem(await reverse(other, { key }), 422, 'idempotency_key_reused');
  });
});
