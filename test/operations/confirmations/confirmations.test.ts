import { randomUUID } from 'node:crypto';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { walletKey } from '../../../lambdas/ledger/keys.ts';
import { PROPOSING } from '../../../lambdas/operations/confirmations/index.ts';
import { OPERATIONS, type RouteName } from '../../../lambdas/operations/index.ts';
import { type Harness, type Reply, type Request, USD } from '../../harness/harness.ts';
import { expectProblem } from '../../harness/http-caller.ts';
import { sizeOf } from '../../harness/size.ts';
import {
  ABOVE,
  type Admins,
  CONFIRM,
  expectConserved,
  keyIn,
  LIMIT,
  rowOf,
  startAdmins,
  walletOf,
} from './setup.ts';

const NOON = new Date('2026-11-20T12:00:00.000Z');
const at = (text: string): Date => new Date(text);

let harness: Harness;
let admins: Admins;
beforeAll(async () => {
  admins = await startAdmins();
  harness = admins.harness;
});
beforeEach(() => {
  harness.clock.now = NOON;
});
afterAll(() => harness.close());

const setWallet = (merchantId: string, expression: string, values?: Record<string, unknown>) =>
  harness.faultless.send(
    new UpdateCommand({
      TableName: harness.context.ledger.table,
      Key: { ...walletKey(merchantId, USD) },
      UpdateExpression: expression,
      ExpressionAttributeValues: values,
    }),
  );
const forgetResponses = async () => {
  for (const { id } of await harness.responses()) {
    const response = { TableName: harness.context.responses.table, Key: { id } };
    await harness.faultless.send(new DeleteCommand(response));
  }
};
describe('ID-8: above the limit an operation is only proposed', () => {
  const CASES: readonly [string, (id: string, amount: string) => [RouteName, Request], number][] = [
    [
      'a deposit',
      (id, amount) => [
        'POST /admin/wallets/{merchant_id}/deposits',
        { params: { merchant_id: id }, body: { amount } },
      ],
      201,
    ],
    [
      'a top-up',
      (_, amount) => [
        'POST /admin/pools/{currency}/topups',
        { params: { currency: 'EUR' }, body: { amount } },
      ],
      201,
    ],
    [
      'an approval',
      (id, amount) => [
        'POST /admin/merchants/{id}/approve',
        { params: { id }, body: { credit_limit: amount } },
      ],
      200,
    ],
  ];

  it.each(CASES)('%s of the limit itself is carried out at once', async (name, order, status) => {
    const id = name === 'an approval' ? await harness.register() : await harness.merchant('10.00');
    const [route, request] = order(id, LIMIT);
    const reply = await harness.call(route, { admin: true, key: randomUUID(), ...request });
    expect([reply.status, reply.text]).toEqual([status, reply.text]);
  });

  it.each(CASES)(
    '%s above it changes nothing until it is confirmed',
    async (name, order, status) => {
      const id =
        name === 'an approval' ? await harness.register() : await harness.merchant('10.00');
      const [route, request] = order(id, ABOVE);
      const before = await harness.rows();
      const sent = { admin: true, as: 'alice', key: randomUUID(), ...request };
      const reply = await harness.call(route, sent);
      const { data } = reply.body;
      expect([reply.status, data]).toEqual([
        202,
        {
          id: expect.stringMatching(/^[0-9A-V]{26}$/),
          type: expect.any(String),
          status: 'PROPOSED',
          ...(name !== 'a top-up' && { merchant_id: id }),
          amount: ABOVE,
          currency: name === 'a top-up' ? 'EUR' : 'USD',
          proposed_by: 'alice',
          proposed_at: '2026-11-20T12:00:00.000Z',
          expires_at: '2026-11-21T12:00:00.000Z',
        },
      ]);
      const after = await harness.rows();
      const isNew = (row: Record<string, unknown>) => row['sk'] === `TXN#${data.id}`;
      expect(after.filter((row) => !isNew(row))).toEqual(before);
      const row = await rowOf(harness, data.id);
      expect(row).toMatchObject({ status: 'PROPOSED', phases: [], admin: 'alice' });

      const confirmed = await admins.confirm(data.id);
      expect([confirmed.status, confirmed.text]).toEqual([status, confirmed.text]);
      expect((await rowOf(harness, data.id)).status).toBe('SUCCEEDED');
      await expectConserved(harness);
    },
  );

  it('an operation of an admin that stores a transaction proposes, or brings nothing in', () => {
    const isStored = ({ access, grants }: (typeof OPERATIONS)[number]) =>
      access === 'admin' && grants.includes('store-responses');
    const alone = OPERATIONS.filter((each) => isStored(each) && each.confirm === undefined);
    expect(alone.map(({ name }) => name)).toEqual(['archive', 'pool-change', 'confirmation']);
    const proposing = OPERATIONS.filter(({ confirm }) => confirm !== undefined);
    expect(proposing.map(({ access }) => access)).toEqual(proposing.map(() => 'admin'));
    // The function that confirms knows all of them.
    const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).toSorted();
    expect(names(PROPOSING)).toEqual(names(proposing));
  });

  it('what the rule refuses now is refused, and not proposed', async () => {
    const pending = await harness.register();
    expectProblem(await admins.deposit(pending), 422, 'merchant_cannot_receive');
    expectProblem(await admins.deposit(randomUUID()), 404, 'merchant_not_found');
    expect((await harness.rows()).filter(({ pk }) => pk === `M#${pending}`)).toHaveLength(1);
  });

  it('a request that is too large to be kept is refused, and moves nothing', async () => {
    const id = await harness.merchant('10.00');
    const release_at = `2026-11-21T00:00:00.${'0'.repeat(1_000)}Z`;
    expectProblem(await admins.deposit(id, { release_at }), 422, 'proposal_too_large');
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
    // Below the limit nothing is kept.
    expect((await admins.deposit(id, { release_at, amount: LIMIT })).status).toBe(201);
  });

  it('neither relay nor recovery has work for it', async () => {
    const id = await admins.proposed(await harness.merchant('10.00'));
    const stored = (await harness.rows()).find(({ sk }) => sk === `TXN#${id}`) ?? {};
    for (const name of ['payout', 'nextCheckAt', 'nextCheckKey'])
      expect(stored).not.toHaveProperty(name);
    expect(String(stored['statusKey'])).toMatch(/^TXN#PROPOSED#/);
  });

  it('AP-1: the row of the largest proposal stays below two kilobytes, also once it is confirmed', async () => {
    const id = await harness.merchant('10.00');
    const release_at = `2026-11-21T00:00:00.${'0'.repeat(850)}Z`;
    const txnId = await admins.proposed(id, { amount: '9999999999.99', release_at });
    const size = async () =>
      sizeOf((await harness.rows()).find(({ sk }) => sk === `TXN#${txnId}`) ?? {});
    expect((await rowOf(harness, txnId)).proposal?.input.length).toBeGreaterThan(980);
    expect(await size()).toBeLessThan(2_048);
    expect((await admins.confirm(txnId)).status).toBe(201);
    expect(await size()).toBeLessThan(2_048);
  });
});

describe('ID-8: the admin who proposed it', () => {
  const original = async (): Promise<[string, string, Reply]> => {
    const id = await harness.merchant('10.00');
    const key = randomUUID();
    return [id, key, await admins.deposit(id, {}, key)];
  };
  const expectReplay = (reply: Reply, first: Reply) => {
    expect([reply.status, reply.text]).toEqual([first.status, first.text]);
    expect(reply.headers['idempotency-replayed']).toBe('true');
  };

  it('AP-1: gets the same response to the same request, before and after the confirmation', async () => {
    const [id, key, first] = await original();
    expectReplay(await admins.deposit(id, {}, key), first);
    expect((await admins.confirm(first.body.data.id)).status).toBe(201);
    expectReplay(await admins.deposit(id, {}, key), first);
    expect(await walletOf(harness, id)).toEqual({ available: 1000_01n, pending: 0n });
  });

  it('AP-1: gets it from the transaction once the stored response has expired', async () => {
    const [id, key, first] = await original();
    await forgetResponses();
    harness.clock.now = at('2027-06-01T00:00:00Z');
    expectReplay(await admins.deposit(id, {}, key), first);
    harness.clock.now = at('2026-11-20T13:00:00Z');
    expect((await admins.confirm(first.body.data.id)).status).toBe(201);
    await forgetResponses();
    expectReplay(await admins.deposit(id, {}, key), first);
    expect((await admins.deposit(id, { amount: '2000.00' }, key)).body.code).toBe(
      'idempotency_key_reused',
    );
  });

  it('cannot confirm it, and neither can a merchant', async () => {
    const [id, , first] = await original();
    const txnId = first.body.data.id;
    expectProblem(await admins.confirm(txnId, 'alice'), 403, 'second_admin_needed');
    // A token may carry the name in another case.
    expectProblem(await admins.confirm(txnId, 'ALICE'), 403, 'second_admin_needed');
    const asMerchant = await harness.call(CONFIRM, { as: id, params: { id: txnId } });
    expect([asMerchant.status, asMerchant.body.code]).toEqual([403, 'admin_only']);
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
    expect((await admins.confirm(txnId, 'bob')).status).toBe(201);
  });
});

describe('ID-8: a second admin', () => {
  it('carries it out at the time of the confirmation, under the same id', async () => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id);
    harness.clock.now = at('2026-11-20T18:30:00.000Z');
    const reply = await admins.confirm(txnId);
    expect([reply.status, reply.body.data]).toEqual([
      201,
      {
        id: txnId,
        type: 'deposit',
        status: 'SUCCEEDED',
        merchant_id: id,
        amount: ABOVE,
        currency: 'USD',
        created_at: '2026-11-20T18:30:00.000Z',
      },
    ]);
    const stored = (await harness.rows()).find(({ sk }) => sk === `TXN#${txnId}`);
    expect(stored).toEqual({
      pk: `M#${id}`,
      sk: `TXN#${txnId}`,
      txnId,
      merchantId: id,
      type: 'deposit',
      status: 'SUCCEEDED',
      amount: 1000_01n,
      currency: 'USD',
      createdAt: '2026-11-20T18:30:00.000Z',
      byTime: `2026-11-20T18:30:00.000Z#${txnId}`,
      at: { PROPOSED: '2026-11-20T12:00:00.000Z', SUCCEEDED: '2026-11-20T18:30:00.000Z' },
      phases: [
        {
          name: 'accept',
          at: '2026-11-20T18:30:00.000Z',
          postings: [['outside', 'wallet', 1000_01n]],
        },
      ],
      requestHash: expect.any(String),
      admin: 'alice',
      proposal: {
        operation: 'deposit',
        input: expect.any(String),
        by: 'alice',
        confirmedBy: 'bob',
        expiresAt: '2026-11-21T12:00:00.000Z',
      },
    });
    await expectConserved(harness);
  });

  it('AP-1: gets the same response to a repeat: by its key, without one, and from the row', async () => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id);
    const first = await admins.confirm(txnId, 'bob', 'once');
    expect([first.status, first.headers['idempotency-replayed']]).toEqual([201, undefined]);
    harness.clock.now = at('2027-01-01T00:00:00Z');
    const repeats = [
      await admins.confirm(txnId, 'bob', 'once'),
      await admins.confirm(txnId, 'bob', undefined),
    ];
    await forgetResponses();
    repeats.push(await admins.confirm(txnId, 'bob', 'once'));
    for (const repeat of repeats) {
      expect([repeat.status, repeat.text]).toEqual([201, first.text]);
      expect(repeat.headers['idempotency-replayed']).toBe('true');
    }
    expect(await walletOf(harness, id)).toEqual({ available: 1000_01n, pending: 0n });
  });

  it('confirms what is PROPOSED, and nothing else', async () => {
    const id = await harness.merchant('10.00');
    expectProblem(await admins.confirm(randomUUID()), 404, 'transaction_not_found');
    const small = (await admins.deposit(id, { amount: '1.00' })).body.data.id;
    expectProblem(await admins.confirm(small), 409, 'transaction_not_proposed');
    const txnId = await admins.proposed(id);
    expect((await admins.confirm(txnId, 'bob')).status).toBe(201);
    expectProblem(await admins.confirm(txnId, 'carol'), 409, 'transaction_not_proposed');
    expectProblem(await admins.confirm(txnId, 'alice'), 409, 'transaction_not_proposed');
    expect(await walletOf(harness, id)).toEqual({ available: 1001_01n, pending: 0n });
  });

  it('has 24 hours, to the millisecond', async () => {
    const id = await harness.merchant('10.00');
    const [late, early] = [await admins.proposed(id), await admins.proposed(id)];
    harness.clock.now = at('2026-11-21T12:00:00.000Z');
    expectProblem(await admins.confirm(late), 409, 'proposal_expired');
    expect((await rowOf(harness, late)).status).toBe('PROPOSED');
    harness.clock.now = at('2026-11-21T11:59:59.999Z');
    expect((await admins.confirm(early)).status).toBe(201);
    expect(await walletOf(harness, id)).toEqual({ available: 1000_01n, pending: 0n });
  });

  it('AP-1: cannot use one key for two proposals', async () => {
    const id = await harness.merchant('10.00');
    const [one, other] = [await admins.proposed(id), await admins.proposed(id)];
    expect((await admins.confirm(one, 'bob', 'shared')).status).toBe(201);
    expect((await admins.confirm(other, 'bob', 'shared')).body.code).toBe('idempotency_key_reused');
    expect((await rowOf(harness, other)).status).toBe('PROPOSED');
  });
});

describe('ID-8: a confirmation decides again, on the rows as they are then', () => {
  const call = (route: RouteName, id: string) =>
    harness.call(route, { admin: true, as: 'carol', key: randomUUID(), params: { id } });
  const approve = (id: string, credit_limit: string) =>
    harness.call('POST /admin/merchants/{id}/approve', {
      admin: true,
      as: 'alice',
      key: randomUUID(),
      params: { id },
      body: { credit_limit },
    });

  it('ID-2: a proposal does not keep its merchant from being archived, and is refused then', async () => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id);
    expect((await call('POST /admin/merchants/{id}/archive', id)).status).toBe(200);
    expectProblem(await admins.confirm(txnId), 422, 'merchant_cannot_receive');
    expect((await rowOf(harness, txnId)).status).toBe('PROPOSED');
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
  });

  it('a deposit to a merchant that was suspended meanwhile is carried out', async () => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id);
    await call('POST /admin/merchants/{id}/suspend', id);
    expect((await admins.confirm(txnId)).status).toBe(201);
  });

  it.each([
    ['rejected', 'merchant_rejected'],
    ['approved', 'merchant_already_approved'],
  ])('an approval of a merchant that was %s meanwhile is refused', async (change, reason) => {
    const id = await harness.register();
    const { id: txnId } = (await approve(id, ABOVE)).body.data;
    const changed =
      change === 'rejected'
        ? await call('POST /admin/merchants/{id}/reject', id)
        : await approve(id, '5.00');
    expect(changed.status).toBe(200);
    expectProblem(await admins.confirm(txnId), 409, reason);
    expect((await rowOf(harness, txnId)).status).toBe('PROPOSED');
  });

  it('AP-1: its refusal is kept under its key, and another key decides anew', async () => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id);
    await setWallet(id, 'SET closed = :yes', { ':yes': true });
    const refused = await admins.confirm(txnId, 'bob', 'k-closed');
    expectProblem(refused, 422, 'wallet_closed');
    await setWallet(id, 'REMOVE closed');
    expect((await admins.confirm(txnId, 'bob', 'k-closed')).text).toBe(refused.text);
    expect((await admins.confirm(txnId, 'bob', 'k-open')).status).toBe(201);
    // The refusal stays what it was.
    expect((await admins.confirm(txnId, 'bob', 'k-closed')).text).toBe(refused.text);
    expect(await walletOf(harness, id)).toEqual({ available: 1000_01n, pending: 0n });
  });

  it('WA-3: a deposit whose release has passed meanwhile is available at once', async () => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id, { release_at: '2026-11-20T15:00:00Z' });
    expect(await rowOf(harness, txnId)).toMatchObject({ releaseAt: '2026-11-20T15:00:00.000Z' });
    harness.clock.now = at('2026-11-20T16:00:00.000Z');
    expect((await admins.confirm(txnId)).body.data).not.toHaveProperty('release_at');
    expect(await rowOf(harness, txnId)).not.toHaveProperty('releaseAt');
    expect(await walletOf(harness, id)).toEqual({ available: 1000_01n, pending: 0n });
    await expectConserved(harness);
  });

  it('WA-3: a deposit whose release is ahead is pending until then', async () => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id, { release_at: '2026-11-20T15:00:00Z' });
    expect((await admins.confirm(txnId)).body.data.release_at).toBe('2026-11-20T15:00:00.000Z');
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 1000_01n });
    await expectConserved(harness);
  });

  it.each([
    ['no longer parses', { params: {}, query: {}, body: {} }],
    ['now means another amount', { amount: '1000.02' }],
    ['now means another currency', { amount: ABOVE, currency: 'EUR' }],
  ])('a stored request that %s is not carried out', async (_, changed) => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id);
    const input =
      'body' in changed ? changed : { params: { merchant_id: id }, query: {}, body: changed };
    await harness.faultless.send(
      new UpdateCommand({
        TableName: harness.context.ledger.table,
        Key: keyIn(await rowOf(harness, txnId)),
        UpdateExpression: 'SET proposal.#input = :input',
        ExpressionAttributeNames: { '#input': 'input' },
        ExpressionAttributeValues: { ':input': JSON.stringify(input) },
      }),
    );
    expectProblem(await admins.confirm(txnId), 409, 'proposal_outdated');
    expect((await rowOf(harness, txnId)).status).toBe('PROPOSED');
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
  });
});
