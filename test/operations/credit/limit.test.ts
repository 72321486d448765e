import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Merchant } from '../../../lambdas/ledger/merchant.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { decideLimit, type LimitFacts } from '../../../lambdas/operations/credit/limit-rule.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Harness, startHarness } from '../../harness/harness.ts';
import { expectProblem } from '../../harness/http-caller.ts';
import { aCreditLine, aMerchant, aWallet, USD } from '../../harness/in-memory-ledger.ts';

describe('CR-3: a credit limit is decided in this order', () => {
  const order = { limit: minor(40n), currency: USD };
  const facts = (
    status: Merchant['status'],
    known: Partial<LimitFacts & { wallets: bigint }> = {},
  ): LimitFacts => ({
    merchant: aMerchant({ status, wallets: known.wallets ?? 1n }),
    line: aCreditLine(100n, 60n),
    wallet: aWallet(0n),
    ...known,
  });
  const noWallet = { wallet: undefined, line: undefined };

  it.each<[string, LimitFacts]>([
    ['merchant_not_found', facts('ACTIVE', { merchant: undefined, ...noWallet })],
    ['merchant_cannot_have_credit', facts('PENDING', noWallet)],
    ['merchant_cannot_have_credit', facts('REJECTED', noWallet)],
    ['merchant_cannot_have_credit', facts('ARCHIVED', { wallet: aWallet(0n, { closed: true }) })],
    ['wallet_closed', facts('ACTIVE', { wallet: aWallet(0n, { closed: true }) })],
    ['too_many_wallets', facts('ACTIVE', { wallets: 90n, ...noWallet })],
  ])('%s', (reason, given) => {
    expect(decideLimit(given, order)).toMatchObject({ kind: 'refused', reason });
  });

  it.each(['ACTIVE', 'SUSPENDED'] as const)('and set for a merchant that is %s', (status) => {
    expect(decideLimit(facts(status), order)).toMatchObject({
      kind: 'accepted',
      transaction: { type: 'limit_change', amount: 40n, limitBefore: 100n },
      postings: [],
      changes: [{ conditions: [{ path: 'limit', value: 100n }], set: { limit: 40n } }],
    });
  });
});

describe('CR-3: PUT /admin/merchants/{id}/credit/{currency}', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(31, ROUGH);
    await harness.fillPool('10000.00');
  });
  afterAll(() => harness.close());

  const put = (id: string, key: string, limit: string, currency = 'USD', as?: string) =>
    harness.insist('PUT /admin/merchants/{id}/credit/{currency}', {
      admin: true,
      key,
      params: { id, currency },
      body: { limit },
      ...(as !== undefined && { as }),
    });
  const creditOf = async (as: string) => (await harness.insist('GET /me', { as })).body.data;
  const line = async (as: string, currency = 'USD') =>
    (await creditOf(as)).credit.find((each: { currency: string }) => each.currency === currency);
  const withdraw = (as: string, key: string, amount: string) =>
    harness.insist('POST /withdrawals', { as, key, body: { amount } });

  it('raises the limit once, however often it is sent', async () => {
    const id = await harness.merchant('100.00');
    const first = await put(id, `raise-${id}`, '250.00');
    expect([first.status, first.body.data]).toMatchObject([
      200,
      { type: 'limit_change', limit: '250.00', limit_before: '100.00', merchant_id: id },
    ]);
    // At one instant, the ids decide the order of the history.
    harness.clock.now = new Date(harness.clock.now.getTime() + 1_000);
    await put(id, `later-${id}`, '120.00');
    const again = await put(id, `raise-${id}`, '250.00');
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([first.text, 'true']);
    expect(await line(id)).toMatchObject({ limit: '120.00' });
    const { items } = (await harness.insist('GET /transactions', { as: id })).body.data;
    const changes = items.filter(({ type }: { type: string }) => type === 'limit_change');
    expect(changes).toMatchObject([
      { amount: '120.00', limit_before: '250.00' },
      { amount: '250.00', limit_before: '100.00' },
    ]);
  });

  it('below what is utilised only stops new use', async () => {
    const id = await harness.merchant('100.00');
    await withdraw(id, `used-${id}`, '60.00');
    expect((await put(id, `low-${id}`, '0.00')).status).toBe(200);
    expect(await line(id)).toMatchObject({ limit: '0.00', utilised: '60.00', available: '0.00' });
    expectProblem(await withdraw(id, `new-${id}`, '0.01'), 402, 'insufficient_credit');
  });

  it('opens a credit line and a wallet in another currency', async () => {
    const id = await harness.merchant('100.00');
    expect((await put(id, `eur-${id}`, '70.00', 'EUR')).body.data.limit_before).toBe('0.00');
    expect(await line(id, 'EUR')).toMatchObject({ limit: '70.00', utilised: '0.00' });
    const { wallets } = await creditOf(id);
    expect(wallets.map(({ currency }: { currency: string }) => currency)).toEqual(['EUR', 'USD']);
    await put(id, `eur2-${id}`, '80.00', 'EUR');
    expect((await creditOf(id)).wallets).toHaveLength(2);
  });

  it.each([
    ['negative', '-1.00', 'USD'],
    ['with more decimals than its currency', '1.001', 'USD'],
    ['of an unknown currency', '1.00', 'XXX'],
    ['too large', '1'.repeat(19), 'USD'],
  ])('refuses a limit that is %s', async (_, limit, currency) => {
    const id = await harness.merchant('100.00');
    expectProblem(await put(id, `bad-${id}`, limit, currency), 422, 'invalid_request');
    expect(await line(id)).toMatchObject({ limit: '100.00' });
  });

  it('is proposed above the limit of the second admin, unless it falls', async () => {
    const id = await harness.merchant('100.00');
    const large = '20000000.00';
    const proposed = await put(id, `large-${id}`, large);
    expect([proposed.status, proposed.body.data.status]).toEqual([202, 'PROPOSED']);
    expect(await line(id)).toMatchObject({ limit: '100.00' });
    const confirm = { admin: true, as: 'admin2', key: `confirm-${id}` };
    const route = 'POST /admin/transactions/{id}/confirm';
    const params = { id: proposed.body.data.id };
    expect((await harness.insist(route, { ...confirm, params })).status).toBe(200);
    expect(await line(id)).toMatchObject({ limit: large });
    expect((await put(id, `fall-${id}`, '15000000.00')).status).toBe(200);
  });

  it('never lets more be used than the limit, while it changes under withdrawals', async () => {
    const id = await harness.merchant('40.00');
    const limits = ['10.00', '60.00', '20.00', '50.00'];
    const [changes, withdrawals] = await Promise.all([
      Promise.all(limits.map((limit, index) => put(id, `w${index}-${id}`, limit))),
      Promise.all(Array.from({ length: 16 }, (_, index) => withdraw(id, `d${index}`, '5.00'))),
    ]);
    expect(new Set(changes.map(({ status }) => status))).toEqual(new Set([200]));
    const taken = withdrawals.filter(({ status }) => status === 202).length;
    expect(taken).toBeLessThanOrEqual(12);
    expect(await line(id)).toMatchObject({ utilised: `${taken * 5}.00` });
    // Each change began from the one before: none was lost.
    const made = changes.map(({ body }) => body.data);
    const last = (await line(id)).limit;
    const followed = made.filter(({ limit }) => made.some((each) => each.limit_before === limit));
    expect(followed).toHaveLength(3);
    expect(made.filter((each) => !followed.includes(each))).toMatchObject([{ limit: last }]);
  });

  it('loses against an archive, or archives the new limit with it', async () => {
    const id = await harness.merchant('10.00');
    const archive = harness.insist('POST /admin/merchants/{id}/archive', {
      admin: true,
      key: `archive-${id}`,
      params: { id },
    });
    const [archived, set] = await Promise.all([archive, put(id, `race-${id}`, '20.00', 'EUR')]);
    expect(archived.status).toBe(200);
    if (set.status !== 200) expectProblem(set, 422, 'merchant_cannot_have_credit');
    const rows = (await harness.rows()).filter(
      ({ pk, sk }) => pk === `M#${id}` && String(sk).startsWith('WALLET#'),
    );
    expect(rows.every(({ closed }) => closed === true)).toBe(true);
  });
});
