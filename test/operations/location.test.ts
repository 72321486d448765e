import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API_PREFIX } from '../../lambdas/http/operation.ts';
import { OPERATIONS, type RouteName } from '../../lambdas/operations/index.ts';
import { type Harness, type Reply, type Request, startHarness } from '../harness/harness.ts';

let harness: Harness;
let id: string;
let payee: string;
beforeAll(async () => {
  harness = await startHarness(1, undefined, { secondAdminAbove: { '*': '500' } });
  await harness.fillPool('400.00');
  id = await harness.merchant('100.00');
  payee = await harness.merchant('1.00');
  await harness.deposit(id, { amount: '50.00' });
});
afterAll(() => harness.close());

const located = OPERATIONS.filter(({ location }) => location !== undefined);

it.each(located)('AP-3: the Location of $route is a route for the same callers', (each) => {
  const found = OPERATIONS.find(({ route }) => route === `GET ${each.location}`);
  // Who registers can sign in from then on.
  expect(found?.access).toBe(each.access === 'anyone' ? 'merchant' : each.access);
});

const READ: readonly RouteName[] = [
  'GET /withdrawals/{id}',
  'GET /sales/{id}',
  'GET /transactions/{id}',
  'GET /admin/transactions/{id}',
];
/** Calls what a Location names, as the caller of the request that returned it. */
async function follow({ headers }: Reply, { as, admin }: Request): Promise<Reply> {
  const { location = '' } = headers;
  for (const route of READ) {
    const [, path = ''] = route.split(' ');
    const [start = ''] = `${API_PREFIX}${path}`.split('{');
    if (!location.startsWith(start)) continue;
    const params = { id: location.slice(start.length) };
    return harness.call(route, { params, ...(as && { as }), ...(admin && { admin }) });
  }
  throw new Error(`no route for ${location}`);
}

type Case = readonly [RouteName, number, string, () => Request];
const asAdmin = { admin: true } as const;
const CREATING: readonly Case[] = [
  ['POST /withdrawals', 202, 'withdrawals', () => ({ as: id, body: { amount: '1.00' } })],
  [
    'POST /sales',
    202,
    'sales',
    () => ({ as: id, body: { amount: '1.00', phone_number: '+989121234567' } }),
  ],
  ['POST /transfers', 201, 'transactions', () => ({ as: id, body: { amount: '1.00', to: payee } })],
  ['POST /repayments', 201, 'transactions', () => ({ as: id, body: { amount: '0.50' } })],
  [
    'POST /admin/wallets/{merchant_id}/deposits',
    201,
    'admin/transactions',
    () => ({ ...asAdmin, params: { merchant_id: id }, body: { amount: '1.00' } }),
  ],
  [
    'POST /admin/wallets/{merchant_id}/repayments',
    201,
    'admin/transactions',
    () => ({ ...asAdmin, params: { merchant_id: id }, body: { amount: '0.10' } }),
  ],
  [
    'POST /admin/pools/{currency}/topups',
    201,
    'admin/transactions',
    () => ({ ...asAdmin, params: { currency: 'USD' }, body: { amount: '1.00' } }),
  ],
  [
    'PATCH /admin/pools/{currency}',
    202,
    'admin/transactions',
    () => ({ ...asAdmin, params: { currency: 'USD' }, body: { shards: 2 } }),
  ],
];

describe('AP-3: what is created', () => {
  it.each(CREATING)('by %s can be read at its Location, also after a replay', async (...each) => {
    const [route, status, path, request] = each;
    const sent = { ...request(), key: 'location' };
    const reply = await harness.call(route, sent);
    expect([reply.status, reply.headers['location']]).toEqual([
      status,
      `/api/v1/${path}/${reply.body.data.id}`,
    ]);
    const found = await follow(reply, sent);
    expect([found.status, found.body.data.id]).toEqual([200, reply.body.data.id]);
    const again = await harness.call(route, sent);
    expect(again.headers).toMatchObject({
      'idempotency-replayed': 'true',
      location: reply.headers['location'],
    });
    expect(again.text).toBe(reply.text);
  });

  it('as a proposal, and what its confirmation carries out, is at one Location', async () => {
    const deposit = {
      ...asAdmin,
      key: 'proposed',
      params: { merchant_id: id },
      body: { amount: '600.00' },
    };
    const proposed = await harness.call('POST /admin/wallets/{merchant_id}/deposits', deposit);
    expect([proposed.status, proposed.body.data.status]).toEqual([202, 'PROPOSED']);
    const found = await follow(proposed, deposit);
    expect(found.body.data).toMatchObject({ status: 'PROPOSED', merchant_id: id });
    const confirm = { admin: true, as: 'second', params: { id: proposed.body.data.id } };
    const confirmed = await harness.call('POST /admin/transactions/{id}/confirm', confirm);
    expect([confirmed.status, confirmed.headers['location']]).toEqual([
      201,
      proposed.headers['location'],
    ]);
  });

  it('is not what a refusal or a change names: they have no Location', async () => {
    const refused = await harness.call('POST /withdrawals', {
      as: id,
      key: 'refused',
      body: { amount: '9999.00' },
    });
    expect([refused.status, refused.headers]).toEqual([
      402,
      expect.not.objectContaining({ location: expect.anything() }),
    ]);
    const suspended = await harness.call('POST /admin/merchants/{id}/reactivate', {
      ...asAdmin,
      params: { id },
    });
    expect(suspended.headers).not.toHaveProperty('location');
    const pending = await harness.register();
    const approved = await harness.call('POST /admin/merchants/{id}/approve', {
      ...asAdmin,
      params: { id: pending },
      body: { credit_limit: '1.00' },
    });
    expect([approved.status, approved.headers['location']]).toEqual([200, undefined]);
  });
});
