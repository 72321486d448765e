import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MERCHANT_STATUSES, type MerchantStatus } from '../../lambdas/ledger/merchant.ts';
import { OPERATIONS, type RouteName } from '../../lambdas/operations/index.ts';
import { type Harness, type Reply, type Request, startHarness } from '../harness/harness.ts';
import { expectProblem } from '../harness/http-caller.ts';
import { httpEvent } from '../harness/http-event.ts';
import { adminClaims, merchantClaims } from '../harness/sign-ins.ts';

const pair = { from: 'USD', to: 'EUR' };

let harness: Harness;
/** A merchant in each status, with what it can be asked about. */
let merchants: Readonly<Record<MerchantStatus, string>>;
let withdrawalId: string;
let quoteId: string;
let saleId: string;
beforeAll(async () => {
  harness = await startHarness();
  await harness.fillPool('1000.00');
  const approved = () => harness.merchant('100.00');
  const changed = async (id: Promise<string>, action: 'suspend' | 'archive' | 'reject') => {
    const request = { admin: true, params: { id: await id } };
    const reply = await harness.call(`POST /admin/merchants/{id}/${action}`, request);
    expect(reply.status).toBe(200);
    return await id;
  };
  merchants = {
    PENDING: await harness.register(),
    ACTIVE: await approved(),
    SUSPENDED: await changed(approved(), 'suspend'),
    REJECTED: await changed(harness.register(), 'reject'),
    ARCHIVED: await changed(approved(), 'archive'),
  };
  const withdrawal = { amount: '1.00', execute_at: '2026-11-20T18:00:00Z' };
  const request = { as: merchants.ACTIVE, key: 'the-key', body: withdrawal };
  const quoted = { as: merchants.ACTIVE, body: { ...pair, side: 'sell', amount: '1.00' } };
  quoteId = (await harness.call('POST /conversions/quotes', quoted)).body.data.id;
  withdrawalId = (await harness.call('POST /withdrawals', request)).body.data.id;
  await harness.deposit(merchants.ACTIVE, { amount: '5.00' });
  const sale = { as: merchants.ACTIVE, key: 'a-sale', body: aSale };
  saleId = (await harness.call('POST /sales', sale)).body.data.id;
});
afterAll(() => harness.close());

/** What a token of a merchant in some status gets; undefined where it is let in. */
type ByStatus = Readonly<Record<MerchantStatus, string | undefined>>;
const ANY_STATUS: ByStatus = {
  PENDING: undefined,
  ACTIVE: undefined,
  SUSPENDED: undefined,
  REJECTED: undefined,
  ARCHIVED: undefined,
};
const ACTIVE_ONLY: ByStatus = {
  PENDING: 'merchant_not_approved',
  ACTIVE: undefined,
  SUSPENDED: 'merchant_suspended',
  REJECTED: 'merchant_not_approved',
  ARCHIVED: 'merchant_archived',
};
type Row = {
  /** A request that only the caller can make fail, so that a refusal is about the caller. */
  readonly request?: () => Request;
  /** Of a merchant's route. */
  readonly merchant?: ByStatus;
  /** What the owner can read and another merchant cannot find. */
  readonly foreign?: string;
};
const money = { amount: '1.00' };
const aSale = { ...money, phone_number: '+989121234567' };
const byId = () => ({ params: { id: withdrawalId } });
const credentials = { username: 'alice', password: 'Secret-123' };
const aMerchant = (body?: object) => () => ({
  params: { id: merchants.ACTIVE },
  ...(body && { body }),
});

/** One row for each route: a route without one does not compile. */
const MATRIX: Readonly<Record<RouteName, Row>> = {
  'POST /auth/register': {},
  'POST /auth/token': { request: () => ({ body: credentials }) },
  'POST /auth/refresh': {},
  'POST /auth/challenge': {},
  'POST /admin/auth/token': { request: () => ({ body: credentials }) },
  'POST /admin/auth/refresh': {},
  'POST /admin/auth/challenge': {},
  'GET /health': {},
  'POST /auth/password': { merchant: ANY_STATUS },
  'POST /auth/sign-out': { merchant: ANY_STATUS },
  'PATCH /me': {
    merchant: ACTIVE_ONLY,
    request: () => ({ body: { bank_account: 'IR-9999', password: credentials.password } }),
  },
  'GET /me': { merchant: ANY_STATUS },
  'GET /me/limits': { merchant: ANY_STATUS },
  'POST /withdrawals': { merchant: ACTIVE_ONLY, request: () => ({ body: money }) },
  'GET /withdrawals': { merchant: ANY_STATUS },
  'GET /withdrawals/{id}': { merchant: ANY_STATUS, request: byId, foreign: 'withdrawal_not_found' },
  'DELETE /withdrawals/{id}': {
    merchant: ACTIVE_ONLY,
    request: byId,
    foreign: 'withdrawal_not_found',
  },
  'POST /sales': { merchant: ACTIVE_ONLY, request: () => ({ body: aSale }) },
  'GET /sales': { merchant: ANY_STATUS },
  'GET /sales/{id}': {
    merchant: ANY_STATUS,
    request: () => ({ params: { id: saleId } }),
    foreign: 'sale_not_found',
  },
  'POST /transfers': { merchant: ACTIVE_ONLY, request: () => ({ body: { ...money, to: 'x' } }) },
  'GET /transfers': { merchant: ANY_STATUS },
  'GET /wallets': { merchant: ANY_STATUS },
  'GET /wallets/{currency}': {
    merchant: ANY_STATUS,
    request: () => ({ params: { currency: 'USD' } }),
  },
  'GET /wallets/{currency}/releases': {
    merchant: ANY_STATUS,
    request: () => ({ params: { currency: 'USD' } }),
  },
  'POST /repayments': { merchant: ACTIVE_ONLY, request: () => ({ body: money }) },
  'POST /credit-requests': { merchant: ACTIVE_ONLY, request: () => ({ body: money }) },
  'GET /credit-requests': { merchant: ANY_STATUS },
  'POST /conversions/quotes': {
    merchant: ACTIVE_ONLY,
    request: () => ({ body: { ...pair, side: 'sell', amount: '1.00' } }),
  },
  'POST /conversions': {
    merchant: ACTIVE_ONLY,
    request: () => ({ body: { quote_id: quoteId } }),
    foreign: 'quote_not_found',
  },
  'GET /transactions': { merchant: ANY_STATUS },
  'GET /transactions/{id}': {
    merchant: ANY_STATUS,
    request: byId,
    foreign: 'transaction_not_found',
  },
  'GET /transactions/by-key/{key}': {
    merchant: ANY_STATUS,
    request: () => ({ params: { key: 'the-key' }, query: { operation: 'withdrawal' } }),
    foreign: 'transaction_not_found',
  },
  'GET /admin/transactions/by-key/{key}': {
    request: () => ({
      params: { key: 'none' },
      query: { operation: 'deposit', subject: merchants.ACTIVE },
    }),
  },
  'GET /admin/merchants': {},
  'GET /admin/merchants/{id}': { request: aMerchant() },
  'PATCH /admin/merchants/{id}': { request: aMerchant({ fee: '1.00' }) },
  'POST /admin/merchants/{id}/approve': { request: aMerchant({ credit_limit: '1.00' }) },
  'POST /admin/merchants/{id}/reject': { request: aMerchant() },
  'POST /admin/merchants/{id}/suspend': {
    request: () => ({ params: { id: merchants.PENDING } }),
  },
  'POST /admin/merchants/{id}/reactivate': { request: aMerchant() },
  'POST /admin/merchants/{id}/archive': {
    request: () => ({ params: { id: merchants.PENDING } }),
  },
  'PUT /admin/merchants/{id}/credit/{currency}': {
    request: () => ({
      params: { id: merchants.ACTIVE, currency: 'USD' },
      key: randomUUID(),
      body: { limit: '1.00' },
    }),
  },
  'PUT /admin/merchants/{id}/sign-in': { request: aMerchant() },
  'POST /admin/wallets/{merchant_id}/deposits': {
    request: () => ({ params: { merchant_id: merchants.ACTIVE }, body: money }),
  },
  'PUT /admin/wallets/{merchant_id}/{currency}': {
    request: () => ({ params: { merchant_id: merchants.ACTIVE, currency: 'EUR' } }),
  },
  'POST /admin/wallets/{merchant_id}/repayments': {
    request: () => ({ params: { merchant_id: merchants.ACTIVE }, body: money }),
  },
  'GET /admin/credit-requests': {},
  'POST /admin/credit-requests/{id}/approve': { request: byId },
  'POST /admin/credit-requests/{id}/reject': {
    request: () => ({ params: { id: withdrawalId }, body: { reason: 'too much' } }),
  },
  'POST /admin/pools/{currency}/topups': {
    request: () => ({ params: { currency: 'USD' }, body: money }),
  },
  'PATCH /admin/pools/{currency}': {
    request: () => ({ params: { currency: 'USD' }, key: randomUUID(), body: { shards: 0 } }),
  },
  'GET /admin/pools/{currency}': { request: () => ({ params: { currency: 'USD' } }) },
  'POST /admin/transactions/{id}/confirm': { request: byId },
  'GET /admin/transactions/{id}': { request: byId },
  'POST /admin/transactions/{id}/reverse': { request: byId },
  'GET /admin/transactions': { request: () => ({ query: { status: 'FAILED' } }) },
};

const ROUTES = OPERATIONS.map(({ route, access }) => ({ route, access, ...MATRIX[route] }));
type Case = (typeof ROUTES)[number];
const withAccess = (...wanted: readonly string[]): readonly Case[] =>
  ROUTES.filter(({ access }) => wanted.includes(access));

const send = async ({ route, request }: Case, more: Request): Promise<Reply> => {
  const keyed = route.startsWith('POST ') ? { key: randomUUID() } : {};
  return harness.call(route, { ...keyed, ...request?.(), ...more });
};
/** The caller was let in: what follows is about the request. */
function expectLetIn({ status, body }: Reply): void {
  const barred = ['access_token_required', 'admin_only', 'not_a_merchant'];
  expect(barred).not.toContain(body.code);
  expect(String(body.code)).not.toMatch(/^merchant_(not_approved|suspended|archived)$/);
  expect(status).toBeLessThan(500);
}
const ofMerchant = (id: string): Record<string, string> => merchantClaims(id);

describe.each(withAccess('merchant', 'admin'))('ID-3 AP-3: $route', (each) => {
  const { access } = each;

  it('is refused without a token, also if the gateway lets the request through', async () => {
    const event = httpEvent(each.route, {});
    expect(event.requestContext).toHaveProperty('authorizer');
    expectProblem(await send(each, { claims: {} }), 401, 'access_token_required');
  });

  it('is refused to an ID token of either pool', async () => {
    for (const claims of [adminClaims(), ofMerchant(merchants.ACTIVE)]) {
      const reply = await send(each, { claims: { ...claims, token_use: 'id' } });
      expectProblem(reply, 401, 'access_token_required');
    }
  });

  it('is refused to the tokens of any other pool, whatever they claim', async () => {
    const own = access === 'admin' ? adminClaims() : ofMerchant(merchants.ACTIVE);
    const other = access === 'admin' ? ofMerchant(merchants.ACTIVE) : adminClaims();
    const groups = { 'cognito:groups': '[admins]' };
    const pools = [other['iss'] ?? '', `${own['iss']}x`, 'https://example.com/another', 'another'];
    for (const iss of pools) {
      const reply = await send(each, { claims: { ...own, ...groups, iss } });
      expectProblem(reply, 403, access === 'admin' ? 'admin_only' : 'not_a_merchant');
    }
  });
});

describe.each(withAccess('merchant'))('ID-2 ID-7: $route', (each) => {
  const refusals = each.merchant ?? ANY_STATUS;

  it('has a row that says which merchants it lets in', () => {
    expect(each.merchant).toBeDefined();
  });

  it.each(MERCHANT_STATUSES)('answers a merchant that is %s as its row says', async (status) => {
    const { merchantPool } = harness.context;
    await merchantPool.createUser(credentials.username, credentials.password);
    const { sub = '' } = merchantPool.users.get(credentials.username) ?? {};
    await merchantPool.setPassword(sub, credentials.password);
    const reply = await send(each, { as: merchants[status] });
    const code = refusals[status];
    if (code === undefined) expectLetIn(reply);
    else expectProblem(reply, 403, code);
  });

  it('is refused to an administrator, and to a user without a merchant', async () => {
    expectProblem(await send(each, { claims: adminClaims() }), 403, 'not_a_merchant');
    expectProblem(await send(each, { as: 'nobody' }), 403, 'not_a_merchant');
  });

  it('does not find what belongs to another merchant', async () => {
    if (each.foreign === undefined) return;
    const other = await harness.merchant('1.00');
    expectProblem(await send(each, { as: other }), 404, each.foreign);
    expectLetIn(await send(each, { as: merchants.ACTIVE }));
  });
});

describe.each(withAccess('admin'))('ID-8: $route', (each) => {
  it.each(MERCHANT_STATUSES)('is refused to a merchant that is %s', async (status) => {
    expectProblem(
      await send(each, { as: merchants[status], claims: ofMerchant(merchants[status]) }),
      403,
      'admin_only',
    );
  });

  it('is refused to a user of the admin pool outside the group', async () => {
    for (const groups of ['', '[ops]', '[xadmins]']) {
      const claims = { ...adminClaims(), 'cognito:groups': groups };
      expectProblem(await send(each, { claims }), 403, 'admin_only');
    }
  });

  it('lets an administrator in', async () => {
    expectLetIn(await send(each, { admin: true }));
  });
});

it.each(withAccess('anyone'))('AP-7: $route needs no token', async (each) => {
  expectLetIn(await send(each, {}));
});
