import { randomUUID } from 'node:crypto';
import { PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signInKey, walletKey } from '../../lambdas/ledger/keys.ts';
import { newMerchantId } from '../../lambdas/ledger/merchant-id.ts';
import type { RouteName } from '../../lambdas/operations/index.ts';
import { type Harness, type Reply, type Request, startHarness, USD } from '../harness/harness.ts';
import { signInOf } from '../harness/sign-ins.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.fillPool('1000.00');
});
afterAll(() => harness.close());

const APPROVE = 'POST /admin/merchants/{id}/approve';
const ARCHIVE = 'POST /admin/merchants/{id}/archive';
const DEPOSIT = 'POST /admin/wallets/{merchant_id}/deposits';

type Status = 'unknown' | 'PENDING' | 'REJECTED' | 'ACTIVE' | 'SUSPENDED' | 'ARCHIVED';
/** A merchant in this status, with a credit line of 10.00 and an empty wallet once it was approved. */
async function merchantIn(status: Status): Promise<string> {
  if (status === 'unknown') return signInWithoutMerchant();
  const isApproved = status !== 'PENDING' && status !== 'REJECTED';
  const id = isApproved ? await harness.merchant('10.00') : await harness.register();
  const request = { admin: true, params: { id } };
  if (status === 'REJECTED') await expectDone('POST /admin/merchants/{id}/reject', request);
  if (status === 'SUSPENDED') await expectDone('POST /admin/merchants/{id}/suspend', request);
  if (status === 'ARCHIVED') await expectDone(ARCHIVE, { ...request, key: randomUUID() });
  return id;
}
/** A rule refuses it, although no operation leaves a sign-in without its merchant. */
async function signInWithoutMerchant(): Promise<string> {
  const merchantId = newMerchantId(new Date());
  const Item = { ...signInKey(signInOf(merchantId)), merchantId };
  const { table: TableName } = harness.context.ledger;
  await harness.faultless.send(new PutCommand({ TableName, Item }));
  return merchantId;
}
async function expectDone(route: RouteName, request: Request): Promise<void> {
  expect((await harness.call(route, request)).status).toBe(200);
}

const closeWallet = (merchantId: string) =>
  harness.faultless.send(
    new UpdateCommand({
      TableName: harness.context.ledger.table,
      Key: { ...walletKey(merchantId, USD) },
      UpdateExpression: 'SET closed = :yes',
      ExpressionAttributeValues: { ':yes': true },
    }),
  );

const withdrawal = (as: string, body: object = {}): [RouteName, Request] => [
  'POST /withdrawals',
  { as, body: { amount: '10.01', ...body } },
];
const transfer = (as: string, to: string, currency = 'USD'): [RouteName, Request] => [
  'POST /transfers',
  { as, body: { to, amount: '10.00', currency } },
];
const deposit = (merchant_id: string, body: object = {}): [RouteName, Request] => [
  DEPOSIT,
  { admin: true, params: { merchant_id }, body: { amount: '1.00', ...body } },
];
const approval = (id: string): [RouteName, Request] => [
  APPROVE,
  { admin: true, params: { id }, body: { credit_limit: '10.00' } },
];
const archive = (id: string): [RouteName, Request] => [ARCHIVE, { admin: true, params: { id } }];

type Case = readonly [
  operation: string,
  status: number,
  code: string,
  request: () => Promise<[RouteName, Request]>,
];
/** Every refusal that a rule decides, with a request that gets it. */
const REFUSALS: readonly Case[] = [
  ['withdrawal', 403, 'not_a_merchant', async () => withdrawal(await merchantIn('unknown'))],
  ['withdrawal', 403, 'merchant_not_approved', async () => withdrawal(await merchantIn('PENDING'))],
  ['withdrawal', 403, 'merchant_suspended', async () => withdrawal(await merchantIn('SUSPENDED'))],
  ['withdrawal', 403, 'merchant_archived', async () => withdrawal(await merchantIn('ARCHIVED'))],
  [
    'withdrawal',
    422,
    'execution_too_soon',
    async () => withdrawal(await merchantIn('ACTIVE'), { execute_at: '2026-11-20T12:00:00Z' }),
  ],
  [
    'withdrawal',
    422,
    'execution_too_far',
    async () => withdrawal(await merchantIn('ACTIVE'), { execute_at: '2028-01-01T00:00:00Z' }),
  ],
  [
    'withdrawal',
    422,
    'no_credit_line',
    async () => withdrawal(await merchantIn('ACTIVE'), { currency: 'EUR' }),
  ],
  ['withdrawal', 402, 'insufficient_credit', async () => withdrawal(await merchantIn('ACTIVE'))],
  [
    'withdrawal',
    402,
    'insufficient_pool',
    async () => withdrawal(await harness.merchant('9000.00'), { amount: '9000.00' }),
  ],
  [
    'withdrawal',
    404,
    'wallet_not_found',
    async () => withdrawal(await merchantIn('ACTIVE'), { source: 'wallet', currency: 'EUR' }),
  ],
  [
    'withdrawal',
    402,
    'insufficient_funds',
    async () => withdrawal(await merchantIn('ACTIVE'), { source: 'wallet' }),
  ],
  ['transfer', 403, 'not_a_merchant', async () => transfer(await merchantIn('unknown'), 'x')],
  [
    'transfer',
    403,
    'merchant_not_approved',
    async () => transfer(await merchantIn('PENDING'), 'x'),
  ],
  ['transfer', 403, 'merchant_archived', async () => transfer(await merchantIn('ARCHIVED'), 'x')],
  ['transfer', 403, 'merchant_suspended', async () => transfer(await merchantIn('SUSPENDED'), 'x')],
  [
    'transfer',
    422,
    'self_transfer',
    async () => {
      const id = await merchantIn('ACTIVE');
      return transfer(id, id);
    },
  ],
  [
    'transfer',
    404,
    'payee_not_found',
    async () => transfer(await merchantIn('ACTIVE'), await merchantIn('PENDING')),
  ],
  [
    'transfer',
    404,
    'wallet_not_found',
    async () => transfer(await merchantIn('ACTIVE'), await merchantIn('ACTIVE'), 'EUR'),
  ],
  [
    'transfer',
    422,
    'wallet_closed',
    async () => {
      const payee = await merchantIn('ACTIVE');
      await closeWallet(payee);
      return transfer(await merchantIn('ACTIVE'), payee);
    },
  ],
  [
    'transfer',
    402,
    'insufficient_funds',
    async () => transfer(await merchantIn('ACTIVE'), await merchantIn('ACTIVE')),
  ],
  ['deposit', 404, 'merchant_not_found', async () => deposit(await merchantIn('unknown'))],
  ['deposit', 422, 'merchant_cannot_receive', async () => deposit(await merchantIn('PENDING'))],
  [
    'deposit',
    422,
    'wallet_closed',
    async () => {
      const id = await merchantIn('ACTIVE');
      await closeWallet(id);
      return deposit(id);
    },
  ],
  [
    'deposit',
    422,
    'release_too_far',
    async () => deposit(await merchantIn('ACTIVE'), { release_at: '2040-01-01T00:00:00Z' }),
  ],
  ['approval', 404, 'merchant_not_found', async () => approval(await merchantIn('unknown'))],
  ['approval', 409, 'merchant_already_approved', async () => approval(await merchantIn('ACTIVE'))],
  ['approval', 409, 'merchant_rejected', async () => approval(await merchantIn('REJECTED'))],
  ['archive', 404, 'merchant_not_found', async () => archive(await merchantIn('unknown'))],
  ['archive', 409, 'merchant_not_archivable', async () => archive(await merchantIn('PENDING'))],
  [
    'archive',
    409,
    'merchant_not_empty',
    async () => {
      const id = await merchantIn('ACTIVE');
      await harness.deposit(id, { amount: '1.00' });
      return archive(id);
    },
  ],
];

function expectReplay(reply: Reply, original: Reply): void {
  expect([reply.status, reply.text]).toEqual([original.status, original.text]);
  expect(original.headers['idempotency-replayed']).toBeUndefined();
  expect(reply.headers['idempotency-replayed']).toBe('true');
}

/** LE-2: what became of the request, from its key. */
const lookUp = (operation: string, { key = '', as, admin, params }: Request): Promise<Reply> => {
  const subject = params?.['merchant_id'] ?? params?.['id'] ?? '';
  return admin
    ? harness.call('GET /admin/transactions/by-key/{key}', {
        admin,
        params: { key },
        query: { operation, subject },
      })
    : harness.call('GET /transactions/by-key/{key}', {
        params: { key },
        query: { operation },
        ...(as && { as }),
      });
};

describe('AP-1: a refusal that a rule decides is stored under its key', () => {
  // A problem document names its own request: the same text proves that it is the original response.
  it.each(REFUSALS)('%s: %s %s', async (operation, status, code, request) => {
    const [route, unkeyed] = await request();
    const keyed = { ...unkeyed, key: randomUUID() };
    const original = await harness.call(route, keyed);
    expect([original.status, original.body.code]).toEqual([status, code]);
    expectReplay(await harness.call(route, keyed), original);
    const anew = await harness.call(route, { ...unkeyed, key: randomUUID() });
    expect([anew.status, anew.body.code]).toEqual([status, code]);
    expect(anew.text).not.toBe(original.text);
    const found = await lookUp(operation, keyed);
    expect([found.status, found.body.data]).toEqual([
      200,
      { status: 'REFUSED', operation, problem: original.body },
    ]);
  });
});

describe('AP-1: a refused archive keeps its response after the merchant changes', () => {
  const admin = (id: string, key: string) => ({ admin: true, key: `${id}-${key}`, params: { id } });
  const statusOf = async (id: string): Promise<string> =>
    (await harness.call('GET /admin/merchants/{id}', { admin: true, params: { id } })).body.data
      .status;

  it('ID-2: an archive refused with merchant_not_empty stays refused after the wallet is emptied', async () => {
    const id = await harness.merchant('10.00');
    const payee = await harness.merchant('10.00');
    await harness.deposit(id, { amount: '10.20' });
    const original = await harness.call(ARCHIVE, admin(id, 'k'));
    expect([original.status, original.body.code]).toEqual([409, 'merchant_not_empty']);
    // With its fee of two per cent, the transfer takes everything.
    const order = { as: id, key: 'all', body: { to: payee, amount: '10.00' } };
    expect((await harness.call('POST /transfers', order)).status).toBe(201);

    expectReplay(await harness.call(ARCHIVE, admin(id, 'k')), original);
    expect(await statusOf(id)).toBe('ACTIVE');
    expect((await harness.call(ARCHIVE, admin(id, 'new'))).body.data.status).toBe('ARCHIVED');
    expect(await statusOf(id)).toBe('ARCHIVED');
    // The acceptance has its own key. The refusal stays what it was.
    expectReplay(await harness.call(ARCHIVE, admin(id, 'k')), original);
  });

  it('ID-2: an archive refused before the approval stays refused after it', async () => {
    const id = await harness.register();
    const original = await harness.call(ARCHIVE, admin(id, 'k'));
    expect([original.status, original.body.code]).toEqual([409, 'merchant_not_archivable']);
    const approve = { ...admin(id, 'approve'), body: { credit_limit: '10.00' } };
    expect((await harness.call(APPROVE, approve)).status).toBe(200);

    expectReplay(await harness.call(ARCHIVE, admin(id, 'k')), original);
    expect(await statusOf(id)).toBe('ACTIVE');
    expect((await harness.call(ARCHIVE, admin(id, 'new'))).status).toBe(200);
  });

  it('a refusal writes nothing but its response', async () => {
    const id = await harness.merchant('10.00');
    await harness.deposit(id, { amount: '1.00' });
    const before = await harness.rows();
    const responses = await harness.responses();
    expect((await harness.call(ARCHIVE, admin(id, 'k'))).status).toBe(409);
    expect(await harness.rows()).toEqual(before);
    expect(await harness.responses()).toHaveLength(responses.length + 1);
  });
});
