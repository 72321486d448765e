import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Merchant } from '../../../lambdas/ledger/merchant.ts';
import { currencyCode, minor } from '../../../lambdas/ledger/money.ts';
import {
  type ApprovalFacts,
  type CreditRequest,
  decideCreditRequest,
  decideRequestApproval,
} from '../../../lambdas/operations/credit/request-rule.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';
import { expectProblem } from '../../harness/http-caller.ts';
import { aCreditLine, aMerchant, aWallet, USD } from '../../harness/in-memory-ledger.ts';

const EUR = currencyCode.parse('EUR');
const NOW = new Date('2026-11-20T12:00:00.000Z');
const aRequest = (known: Partial<CreditRequest> = {}): CreditRequest => ({
  id: 'T1',
  merchantId: 'm1',
  status: 'OPEN',
  currency: USD,
  amount: minor(40n),
  createdAt: NOW.toISOString(),
  ...known,
});
const decided = { decidedBy: 'root', decidedAt: NOW.toISOString() };

describe('CR-3: a credit request is decided in this order', () => {
  const order = { amount: minor(40n), currency: USD };
  const decide = (status: Merchant['status'] | undefined, open?: string) => {
    const merchant = status && aMerchant({ status });
    const latest = open === undefined ? undefined : { requestId: open, isOpen: true };
    return decideCreditRequest({ merchant, latest }, order, NOW, 'T1');
  };

  it.each<[string, Merchant['status'] | undefined]>([
    ['not_a_merchant', undefined],
    ['merchant_not_approved', 'PENDING'],
    ['merchant_suspended', 'SUSPENDED'],
    ['merchant_archived', 'ARCHIVED'],
    ['credit_request_open', 'ACTIVE'],
  ])('%s', (reason, status) => {
    expect(decide(status, 'T0')).toMatchObject({ kind: 'refused', reason });
  });

  it('and moves nothing', () => {
    expect(decide('ACTIVE')).toMatchObject({
      kind: 'accepted',
      transaction: { type: 'credit_request', amount: 40n },
      postings: [],
    });
  });
});

describe('CR-3: an approval is decided in this order', () => {
  const facts = (known: Partial<ApprovalFacts> = {}): ApprovalFacts => ({
    merchant: aMerchant(),
    line: aCreditLine(100n, 60n),
    wallet: aWallet(0n),
    request: aRequest(),
    ...known,
  });
  const archived = { merchant: aMerchant({ status: 'ARCHIVED' }) };
  const approved = { ...decided, status: 'APPROVED', limit: minor(140n) } as const;
  const rejected = { ...decided, status: 'REJECTED', rejection: 'no' } as const;

  it.each<[string, ApprovalFacts]>([
    ['credit_request_not_found', facts({ request: undefined, merchant: undefined })],
    ['credit_request_approved', facts({ request: aRequest(approved), ...archived })],
    ['credit_request_rejected', facts({ request: aRequest(rejected), ...archived })],
    ['credit_request_currency', facts(archived)],
  ])('%s', (reason, given) => {
    const wanted = { limit: minor(1n), currency: EUR };
    expect(decideRequestApproval(given, wanted, 'root', NOW)).toMatchObject({ reason });
  });

  it.each<[string, ApprovalFacts]>([
    ['merchant_cannot_have_credit', facts(archived)],
    ['wallet_closed', facts({ wallet: aWallet(0n, { closed: true }) })],
  ])('%s', (reason, given) => {
    expect(decideRequestApproval(given, {}, 'root', NOW)).toMatchObject({ reason });
  });

  it.each([
    ['raises the limit by what was asked for', {}, 140n],
    ['sets another limit', { limit: minor(110n), currency: USD }, 110n],
    ['may even lower it', { limit: minor(0n), currency: USD }, 0n],
  ])('%s', (_, wanted, limit) => {
    expect(decideRequestApproval(facts(), wanted, 'root', NOW)).toMatchObject({
      kind: 'accepted',
      transaction: { type: 'limit_change', amount: limit, limitBefore: 100n, creditRequest: 'T1' },
    });
  });
});

describe('CR-3: a merchant asks for more credit, and an admin decides', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(32, ROUGH);
  });
  afterAll(() => harness.close());

  const ask = (as: string, key: string, body: object = { amount: '50.00' }) =>
    harness.insist('POST /credit-requests', { as, key, body });
  const decide = (action: 'approve' | 'reject', id: string, more: object = {}) =>
    harness.insist(`POST /admin/credit-requests/{id}/${action}`, {
      admin: true,
      params: { id },
      ...(action === 'reject' && { body: { reason: 'Too early' } }),
      ...more,
    });
  const limits = async (as: string): Promise<Record<string, string>> => {
    const { credit } = (await harness.insist('GET /me', { as })).body.data;
    const entries = credit.map((each: Record<string, string>) => [each['currency'], each['limit']]);
    return Object.fromEntries(entries);
  };
  const own = async (as: string) =>
    (await harness.insist('GET /credit-requests', { as })).body.data.items;
  const merchantThatAsked = async () => {
    const as = await harness.merchant('100.00');
    const asked = await ask(as, `ask-${as}`, { amount: '50.00', reason: 'Larger orders' });
    expect(asked.status).toBe(201);
    return { as, asked, id: String(asked.body.data.id) };
  };

  it('the request changes no limit, is listed, and is replayed years later', async () => {
    const { as, asked, id } = await merchantThatAsked();
    const expected = { id, status: 'OPEN', amount: '50.00', currency: 'USD' };
    expect(asked.body.data).toMatchObject({ ...expected, reason: 'Larger orders' });
    expect(await own(as)).toMatchObject([expected]);
    expect(await limits(as)).toEqual({ USD: '100.00' });
    const again = await ask(as, `ask-${as}`, { amount: '50.00', reason: 'Larger orders' });
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([asked.text, 'true']);
  });

  it('only one request is open for each currency', async () => {
    const { as, id } = await merchantThatAsked();
    const second = await ask(as, `second-${as}`);
    expectProblem(second, 409, 'credit_request_open');
    expect(second.body.values).toEqual({ id });
    expect((await ask(as, `eur-${as}`, { amount: '5.00', currency: 'EUR' })).status).toBe(201);
    await decide('reject', id);
    expect((await ask(as, `third-${as}`)).status).toBe(201);
  });

  it('of many requests at once one is opened', async () => {
    const as = await harness.merchant('100.00');
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, index) => ask(as, `many-${index}`)),
    );
    const count = (status: number) => replies.filter((each) => each.status === status).length;
    expect([count(201), count(409)]).toEqual([1, 7]);
    expect(await own(as)).toHaveLength(1);
  });

  it('an approval raises the limit once, however often it is sent', async () => {
    const { as, id } = await merchantThatAsked();
    const first = await decide('approve', id, { key: `approve-${id}` });
    expect([first.status, first.body.data]).toMatchObject([
      200,
      { limit: '150.00', limit_before: '100.00', credit_request_id: id },
    ]);
    const again = await decide('approve', id, { key: `approve-${id}` });
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([first.text, 'true']);
    const other = await decide('approve', id);
    expectProblem(other, 409, 'credit_request_approved');
    expect(other.body.values).toEqual({ decided_by: 'an-admin', limit: '150.00', currency: 'USD' });
    expect(await limits(as)).toEqual({ USD: '150.00' });
    const [shown] = await own(as);
    expect(shown).toMatchObject({ id, status: 'APPROVED', limit: '150.00' });
    expect(shown).not.toHaveProperty('decided_by');
  });

  it('of two admins at once one wins, and the other learns what was decided', async () => {
    const { as, id } = await merchantThatAsked();
    const replies = await Promise.all([
      decide('approve', id, { as: 'admin2', body: { credit_limit: '120.00' } }),
      decide('reject', id, { as: 'admin3' }),
      decide('approve', id, { as: 'admin4' }),
    ]);
    const won = replies.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    const [shown] = await own(as);
    const lost = replies.filter(({ status }) => status !== 200);
    for (const reply of lost) {
      expectProblem(reply, 409, `credit_request_${shown.status.toLowerCase()}`);
      expect(reply.body.values.decided_by).toMatch(/^admin[234]$/);
    }
    expect(await limits(as)).toEqual({ USD: shown.limit ?? '100.00' });
  });

  it('a rejection gives its reason to the merchant, and may be repeated', async () => {
    const { as, id } = await merchantThatAsked();
    const statuses: Reply[] = [await decide('reject', id), await decide('reject', id)];
    expect(statuses.map(({ status }) => status)).toEqual([200, 200]);
    expect(statuses[0]?.body.data).toMatchObject({
      decided_by: 'an-admin',
      rejection: 'Too early',
    });
    expect(await own(as)).toMatchObject([{ status: 'REJECTED', rejection: 'Too early' }]);
    expectProblem(await decide('approve', id), 409, 'credit_request_rejected');
    expectProblem(await decide('reject', id, { as: 'admin2' }), 409, 'credit_request_rejected');
    expect(await limits(as)).toEqual({ USD: '100.00' });
  });

  it('an approval in a new currency opens the credit line', async () => {
    const as = await harness.merchant('100.00');
    const { id } = (await ask(as, `eur-${as}`, { amount: '7.00', currency: 'EUR' })).body.data;
    expectProblem(
      await decide('approve', id, { body: { credit_limit: '9.00' } }),
      422,
      'credit_request_currency',
    );
    const body = { credit_limit: '9.00', currency: 'EUR' };
    expect((await decide('approve', id, { body })).status).toBe(200);
    expect(await limits(as)).toEqual({ EUR: '9.00', USD: '100.00' });
  });

  it('a large limit is proposed, and the request stays open until it is confirmed', async () => {
    const { as, id } = await merchantThatAsked();
    const body = { credit_limit: '20000000.00' };
    const proposed = await decide('approve', id, { key: `large-${id}`, body });
    expect([proposed.status, proposed.body.data.status]).toEqual([202, 'PROPOSED']);
    expect(await own(as)).toMatchObject([{ status: 'OPEN' }]);
    const request = { admin: true, as: 'admin2', params: { id: proposed.body.data.id } };
    await harness.insist('POST /admin/transactions/{id}/confirm', request);
    expect(await own(as)).toMatchObject([{ status: 'APPROVED', limit: '20000000.00' }]);
  });

  it('admins list the requests of all merchants by status, newest first', async () => {
    const asked = [await merchantThatAsked(), await merchantThatAsked(), await merchantThatAsked()];
    await decide('approve', asked[1]?.id ?? '');
    const listed = async (status?: string) => {
      const query = { limit: '100', ...(status !== undefined && { status }) };
      const reply = await harness.insist('GET /admin/credit-requests', { admin: true, query });
      return reply.body.data.items;
    };
    const ids = asked.map(({ id }) => id);
    const among = (items: { id: string }[]) => items.filter(({ id }) => ids.includes(id));
    expect(among(await listed())).toHaveLength(2);
    expect(among(await listed('APPROVED'))).toMatchObject([
      { id: ids[1], decided_by: 'an-admin', merchant_id: asked[1]?.as, limit: '150.00' },
    ]);
  });

  it.each([
    ['an unknown id', 'approve', 404, 'transaction_not_found'],
    ['an unknown id', 'reject', 404, 'credit_request_not_found'],
  ] as const)('%s is not found by %s', async (_, action, status, code) => {
    expectProblem(await decide(action, 'NONE'), status, code);
  });

  it('a transaction that is no request is not found', async () => {
    const as = await harness.merchant('1.00');
    const { id } = (await harness.deposit(as, { amount: '1.00' })).body.data;
    expectProblem(await decide('approve', id), 404, 'credit_request_not_found');
    expectProblem(await decide('reject', id), 404, 'credit_request_not_found');
  });

  it.each([
    ['no amount', {}],
    ['nothing', { amount: '0.00' }],
    ['a negative amount', { amount: '-1.00' }],
    ['too many decimals', { amount: '1.001' }],
    ['a long reason', { amount: '1.00', reason: 'x'.repeat(201) }],
    ['an unknown field', { amount: '1.00', limit: '5.00' }],
  ])('a request with %s is refused', async (_, body) => {
    const as = await harness.merchant('1.00');
    expectProblem(await ask(as, 'bad', body), 422, 'invalid_request');
    expect(await own(as)).toEqual([]);
  });
});
