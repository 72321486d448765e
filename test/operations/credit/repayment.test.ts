import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Merchant } from '../../../lambdas/ledger/merchant.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { toRoot } from '../../../lambdas/ledger/pool/pool.ts';
import {
  credit,
  poolAvailable,
  poolLent,
  postingsIn,
  system,
  walletAvailable,
  walletPending,
} from '../../../lambdas/ledger/postings.ts';
import {
  decideRecordedRepayment,
  decideRepayment,
  type RepaymentFacts,
} from '../../../lambdas/operations/credit/repayment-rule.ts';
import { settle } from '../../../lambdas/payouts/settle.ts';
import { bothProviders } from '../../harness/both-providers.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Harness, startHarness } from '../../harness/harness.ts';
import { expectProblem } from '../../harness/http-caller.ts';
import { aCreditLine, aMerchant, aWallet, USD } from '../../harness/in-memory-ledger.ts';
import { notBusy } from '../../harness/not-busy.ts';
import { TIMERS } from '../../harness/timers.ts';

describe('CR-4: a repayment is decided in this order', () => {
  const order = { amount: minor(40n), currency: USD };
  const facts = (
    status: Merchant['status'],
    known: Partial<RepaymentFacts> = {},
  ): RepaymentFacts => ({
    merchant: aMerchant({ status }),
    line: aCreditLine(100n, 60n),
    funds: { wallet: aWallet(50n), matured: [] },
    ...known,
  });
  const noWallet = { wallet: undefined, matured: [] };
  const shortWallet = { wallet: aWallet(39n), matured: [] };

  it.each<[string, RepaymentFacts]>([
    ['not_a_merchant', facts('ACTIVE', { merchant: undefined, line: undefined })],
    ['merchant_not_approved', facts('PENDING', { line: undefined })],
    ['merchant_suspended', facts('SUSPENDED', { line: undefined })],
    ['merchant_archived', facts('ARCHIVED', { line: undefined })],
    ['no_credit_line', facts('ACTIVE', { line: undefined, funds: noWallet })],
    [
      'repayment_exceeds_utilised',
      facts('ACTIVE', { line: aCreditLine(100n, 39n), funds: noWallet }),
    ],
    ['wallet_not_found', facts('ACTIVE', { funds: noWallet })],
    ['insufficient_funds', facts('ACTIVE', { funds: shortWallet })],
  ])('%s', (reason, given) => {
    expect(decideRepayment(given, order)).toMatchObject({ kind: 'refused', reason });
  });

  it('lowers the wallet and the utilised credit, and raises the pool, by the same amount', () => {
    const shares = toRoot(minor(40n));
    expect(decideRepayment(facts('ACTIVE'), order)).toMatchObject({
      kind: 'accepted',
      transaction: { type: 'repayment', amount: 40n, merchantId: 'm1' },
      postings: postingsIn(
        USD,
        [walletAvailable('m1'), poolAvailable(shares), minor(40n)],
        [credit('m1'), poolLent(shares), minor(40n)],
      ),
    });
  });

  it('accepts exactly what is utilised, and uses matured releases for it', () => {
    const release = { depositId: 'D', currency: USD, amount: minor(30n), releaseAt: '2026-01-01' };
    const decision = decideRepayment(
      facts('ACTIVE', {
        line: aCreditLine(10n, 40n),
        funds: { wallet: aWallet(10n, { pending: minor(30n) }), matured: [release] },
      }),
      order,
    );
    expect(decision).toMatchObject({
      kind: 'accepted',
      postings: [
        ...postingsIn(USD, [walletPending('m1'), walletAvailable('m1'), minor(30n)]),
        { amount: 40n },
        { amount: 40n },
      ],
      changes: [{ delete: true }],
    });
  });
});

describe('CR-4: a repayment through a bank is decided in this order', () => {
  const order = { amount: minor(40n), currency: USD };
  const line = aCreditLine(100n, 60n);

  it.each<[string, Pick<RepaymentFacts, 'merchant' | 'line'>]>([
    ['merchant_not_found', { merchant: undefined, line: undefined }],
    ['no_credit_line', { merchant: aMerchant(), line: undefined }],
    ['repayment_exceeds_utilised', { merchant: aMerchant(), line: aCreditLine(100n, 39n) }],
  ])('%s', (reason, given) => {
    expect(decideRecordedRepayment(given, order)).toMatchObject({ kind: 'refused', reason });
  });

  it.each(['ACTIVE', 'SUSPENDED'] as const)(
    'lowers the utilised credit and raises the pool, and no wallet, also of one that is %s',
    (status) => {
      const shares = toRoot(minor(40n));
      const merchant = aMerchant({ status });
      expect(decideRecordedRepayment({ merchant, line }, order)).toMatchObject({
        kind: 'accepted',
        transaction: { type: 'repayment', source: 'bank', amount: 40n, merchantId: 'm1' },
        postings: postingsIn(
          USD,
          [system('outside'), poolAvailable(shares), minor(40n)],
          [credit('m1'), poolLent(shares), minor(40n)],
        ),
      });
    },
  );
});

describe('CR-4: repayments on the engine', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(41, ROUGH);
    await harness.fillPool('1000.00');
  });
  afterAll(() => harness.close());

  const utilised = async (as: string): Promise<string> =>
    (await harness.insist('GET /me', { as })).body.data.credit[0].utilised;
  const pool = async () => {
    const request = { admin: true, params: { currency: 'USD' } };
    return (await harness.insist('GET /admin/pools/{currency}', request)).body.data;
  };
  /** To the pool, since it was as `before`. */
  const expectReturned = async (before: Awaited<ReturnType<typeof pool>>, dollars: number) => {
    const after = await pool();
    expect(Number(after.available) - Number(before.available)).toBe(dollars);
    expect(Number(before.lent) - Number(after.lent)).toBe(dollars);
  };
  const available = async (as: string): Promise<string> => {
    const wallet = { as, params: { currency: 'USD' } };
    return (await harness.insist('GET /wallets/{currency}', wallet)).body.data.available;
  };
  const repay = (as: string, key: string, amount: string) =>
    harness.insist('POST /repayments', { as, key, body: { amount } });
  const record = (id: string, key: string, amount: string, more: object = {}) =>
    harness.insist('POST /admin/wallets/{merchant_id}/repayments', {
      admin: true,
      key,
      params: { merchant_id: id },
      body: { amount },
      ...more,
    });
  const merchantThatUsed = async (amount: string, deposit: string): Promise<string> => {
    const as = await harness.merchant('500.00');
    await harness.deposit(as, { amount: deposit });
    await harness.insist('POST /withdrawals', { as, key: 'use', body: { amount } });
    return as;
  };

  it('returns credit to merchant and pool, once, and replays the response byte for byte', async () => {
    const as = await merchantThatUsed('100.00', '80.00');
    const before = await pool();
    const first = await repay(as, 'one', '60.00');
    expect([first.status, first.body.data.amount]).toEqual([201, '60.00']);
    const again = await repay(as, 'one', '60.00');
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([first.text, 'true']);
    expect(await utilised(as)).toBe('40.00');
    await expectReturned(before, 60);
    expect(await available(as)).toBe('20.00');
    const byKey = { as, params: { key: 'one' }, query: { operation: 'repayment' } };
    const found = await harness.insist('GET /transactions/by-key/{key}', byKey);
    expect(found.body.data).toMatchObject({ id: first.body.data.id, type: 'repayment' });
  });

  it('never repays more than is utilised, however many are sent at once', async () => {
    const as = await merchantThatUsed('50.00', '200.00');
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, index) => repay(as, `r${index}`, '10.00')),
    );
    const count = (status: number) => replies.filter((each) => each.status === status).length;
    expect([count(201), count(422)]).toEqual([5, 7]);
    expect(await utilised(as)).toBe('0.00');
  });

  it('through a bank returns credit to merchant and pool, once, and leaves the wallet as it is', async () => {
    const as = await merchantThatUsed('100.00', '80.00');
    const before = await pool();
    const first = await record(as, `one-${as}`, '60.00');
    expect([first.status, first.body.data]).toMatchObject([
      201,
      { type: 'repayment', source: 'bank', merchant_id: as, amount: '60.00', currency: 'USD' },
    ]);
    const again = await record(as, `one-${as}`, '60.00');
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([first.text, 'true']);
    expect(await utilised(as)).toBe('40.00');
    await expectReturned(before, 60);
    expect(await available(as)).toBe('80.00');
    const { items } = (await harness.insist('GET /transactions', { as })).body.data;
    expect(items).toContainEqual(
      expect.objectContaining({ type: 'repayment', source: 'bank', amount: '60.00' }),
    );
  });

  it.each([
    ['an unknown merchant', { params: { merchant_id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' } }, 404],
    ['a currency without a line', { body: { amount: '1.00', currency: 'EUR' } }, 422],
    ['nothing', { body: { amount: '0.00' } }, 422],
    ['an unknown field', { body: { amount: '1.00', release_at: '2030-01-01T00:00:00Z' } }, 422],
  ])('through a bank is refused for %s, and changes nothing', async (_, more, status) => {
    const as = await merchantThatUsed('50.00', '10.00');
    expect((await record(as, `no-${as}`, '1.00', more)).status).toBe(status);
    expect(await utilised(as)).toBe('50.00');
  });

  it.each([
    ['from the wallet', (as: string, key: string) => repay(as, key, '50.01')],
    ['through a bank', (as: string, key: string) => record(as, key, '50.01')],
  ])('%s of more than is utilised is refused, and says what is outstanding', async (_, send) => {
    const as = await merchantThatUsed('50.00', '90.00');
    const reply = await send(as, `more-${as}`);
    expectProblem(reply, 422, 'repayment_exceeds_utilised');
    expect(reply.body.values).toEqual({ outstanding: '50.00', currency: 'USD' });
    expect(reply.body.detail).toContain('50.00 USD');
    expect((await send(as, `more-${as}`)).text).toBe(reply.text);
    expect(await utilised(as)).toBe('50.00');
  });

  it('from wallet and bank at once never repay more than is utilised', async () => {
    const as = await merchantThatUsed('50.00', '200.00');
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        index % 2 === 0 ? repay(as, `b${index}`, '10.00') : record(as, `b${index}-${as}`, '10.00'),
      ),
    );
    const count = (status: number) => replies.filter((each) => each.status === status).length;
    expect([count(201), count(422)]).toEqual([5, 7]);
    expect(await utilised(as)).toBe('0.00');
  });

  it('through a bank before its withdrawal is refused: the refund ends in the wallet', async () => {
    const as = await merchantThatUsed('30.00', '10.00');
    await record(as, `early-${as}`, '30.00');
    const { ledger } = harness.context;
    const [row] = (await harness.rows()).filter(
      ({ merchantId, type }) => merchantId === as && type === 'withdrawal',
    );
    const message = { merchantId: as, txnId: String(row?.['txnId']) };
    const refuses = async () => ({ kind: 'refused', code: 'account_closed' }) as const;
    const work = settle({
      ledger,
      busy: notBusy(ledger),
      providers: bothProviders({ pay: refuses, inquire: refuses }),
      timers: TIMERS,
    });
    while ((await work(message)) !== 'done');
    expect(await available(as)).toBe('40.00');
    expect(await utilised(as)).toBe('0.00');
  });

  it('interleaves with withdrawals on the same credit without losing a cent', async () => {
    const as = await merchantThatUsed('100.00', '100.00');
    const calls = Array.from({ length: 20 }, (_, index) => [
      repay(as, `i${index}`, '5.00'),
      harness.insist('POST /withdrawals', { as, key: `i${index}`, body: { amount: '5.00' } }),
    ]).flat();
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([201, 202]));
    expect(await utilised(as)).toBe('100.00');
  });
});
