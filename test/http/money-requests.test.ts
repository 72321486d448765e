import { beforeEach, describe, expect, it } from '@jest/globals';
import { creditKey, nameKey, poolKey, walletKey } from '../../lambdas/ledger/keys.ts';
import { register } from '../../lambdas/operations/auth/register.ts';
import { createDeposit } from '../../lambdas/operations/deposits/create-deposit.ts';
import { approveMerchant } from '../../lambdas/operations/merchants/approve.ts';
import { topUpPool } from '../../lambdas/operations/pools/top-up-pool.ts';
import { createTransfer } from '../../lambdas/operations/transfers/create-transfer.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { fakeUserPool } from '../harness/fake-user-pool.ts';
import type { Request } from '../harness/harness.ts';
import { callerOf, expectProblem, wrongFields } from '../harness/http-caller.ts';
import {
  aCreditLine,
  aMerchant,
  aPool,
  aWallet,
  type InMemoryLedger,
  inMemoryLedger,
  stored,
  USD,
} from '../harness/in-memory-ledger.ts';
import { POOLS } from '../harness/sign-ins.ts';

const nameOfBob = { ...nameKey('bob'), merchantId: 'M2' };
let context: InMemoryLedger;
let call: ReturnType<typeof callerOf>;
beforeEach(() => {
  context = inMemoryLedger(
    stored(aMerchant({ id: 'M1' })),
    stored(aMerchant({ id: 'M2', name: 'bob' })),
    nameOfBob,
    stored(aMerchant({ id: 'NEW', status: 'PENDING' })),
    { ...creditKey('M1', USD), ...aCreditLine(500_00n, 0n) },
    { ...walletKey('M1', USD), ...aWallet(500_00n) },
    { ...poolKey(USD, 'ROOT'), ...aPool(900_00n) },
  );
  call = callerOf(
    {
      ...context,
      merchantPool: fakeUserPool(POOLS.merchant),
      adminPool: fakeUserPool(POOLS.admin),
    },
    createWithdrawal,
    createTransfer,
    createDeposit,
    topUpPool,
    approveMerchant,
    register,
  );
});

/** Every request that carries an amount: its field, and everything else that the request needs. */
const FORMS = [
  ['POST /withdrawals', 'amount', { as: 'M1', key: 'k' }, {}],
  ['POST /transfers', 'amount', { as: 'M1', key: 'k' }, { to: 'bob' }],
  [
    'POST /admin/wallets/{merchant_id}/deposits',
    'amount',
    { admin: true, key: 'k', params: { merchant_id: 'M1' } },
    {},
  ],
  [
    'POST /admin/pools/{currency}/topups',
    'amount',
    { admin: true, key: 'k', params: { currency: 'USD' } },
    {},
  ],
  [
    'POST /admin/merchants/{id}/approve',
    'credit_limit',
    { admin: true, params: { id: 'NEW' } },
    {},
  ],
  [
    'POST /auth/register',
    'requested_credit',
    {},
    { username: 'alice', password: 'Secret-123', bank_account: 'IR-1234' },
  ],
] as const satisfies readonly (readonly [string, string, Request, object])[];

const BAD_AMOUNTS = [
  ['missing', undefined, 'required'],
  ['null', null, 'wrong_type'],
  ['a JSON number', 10, 'wrong_type'],
  ['a JSON number with decimals', 10.5, 'wrong_type'],
  ['true', true, 'wrong_type'],
  ['a list', ['10.00'], 'wrong_type'],
  ['empty', '', 'amount_malformed'],
  ['zero', '0.00', 'amount_not_positive'],
  ['negative', '-10.00', 'amount_malformed'],
  ['in scientific notation', '1e3', 'amount_malformed'],
  ['NaN', 'NaN', 'amount_malformed'],
  ['in Arabic-Indic digits', '١٠', 'amount_malformed'],
  ['in Persian digits', '۱۰', 'amount_malformed'],
  ['with a thousands separator', '1,000', 'amount_malformed'],
  ['with a currency sign', '$10', 'amount_malformed'],
  ['of three decimals in a currency with two', '1.001', 'amount_too_precise'],
  ['of 40 digits', '1'.repeat(40), 'amount_too_large'],
  ['of 1,000 digits', '1'.repeat(1_000), 'amount_too_large'],
] as const;

describe.each(FORMS)('WA-1 AP-3: %s', (route, field, request, rest) => {
  it.each(BAD_AMOUNTS)(
    'an amount that is %s is refused by its field, and nothing is written',
    async (...line) => {
      const [, amount, code] = line;
      const reply = await call(route, { ...request, body: { ...rest, [field]: amount } });
      expectProblem(reply, 422, 'invalid_request');
      expect(wrongFields(reply)).toEqual({ [field]: code });
      expect(context.written).toEqual([]);
    },
  );

  it('an unknown field is refused, and nothing is written', async () => {
    const body = { ...rest, [field]: '10.00', merchant_id: 'M2', fee: '0' };
    const reply = await call(route, { ...request, body });
    expectProblem(reply, 422, 'invalid_request');
    expect(wrongFields(reply)).toEqual({ merchant_id: 'unknown_field', fee: 'unknown_field' });
    expect(context.written).toEqual([]);
  });

  it('an unknown query parameter is refused, and nothing is written', async () => {
    const body = { ...rest, [field]: '10.00' };
    const reply = await call(route, { ...request, body, query: { dry_run: 'true' } });
    expect(wrongFields(reply)).toEqual({ dry_run: 'unknown_field' });
    expect(context.written).toEqual([]);
  });
});

describe('WA-1: an amount has the decimals of its currency', () => {
  it.each([
    ['1.5', 'JPY', 'amount_too_precise'],
    ['1.5', 'IRT', 'amount_too_precise'],
    ['1.0001', 'BHD', 'amount_too_precise'],
    ['0.000000001', 'BTC', 'amount_too_precise'],
    ['99999999999', 'BTC', 'amount_too_large'],
  ])('%s %s: %s', async (amount, currency, code) => {
    const reply = await call('POST /withdrawals', {
      as: 'M1',
      key: 'k',
      body: { amount, currency },
    });
    expect(wrongFields(reply)).toEqual({ amount: code });
  });

  it.each(['', 'XXX', 'XAU', 'dollars', 'USD ', 'ریال'])(
    '%j is not a currency',
    async (currency) => {
      const reply = await call('POST /withdrawals', {
        as: 'M1',
        key: 'k',
        body: { amount: '1', currency },
      });
      expectProblem(reply, 422, 'invalid_request');
      expect(wrongFields(reply)).toEqual({ currency: 'currency_unknown' });
    },
  );

  it('XAU in a path is not a currency', async () => {
    const topUpGold = { admin: true, key: 'k', params: { currency: 'XAU' }, body: { amount: '1' } };
    const reply = await call('POST /admin/pools/{currency}/topups', topUpGold);
    expect(wrongFields(reply)).toEqual({ currency: 'currency_unknown' });
  });
});

describe('a valid request is booked with the amount as sent', () => {
  const amountOf = () =>
    context.written.flat().flatMap(({ Put }) => (Put?.Item?.['txnId'] ? [Put.Item['amount']] : []));

  it.each([
    ['POST /withdrawals', { as: 'M1', key: 'k', body: { amount: '12.3' } }, 202],
    ['POST /withdrawals', { as: 'M1', key: 'k', body: { amount: '12.30', currency: 'usd' } }, 202],
    ['POST /transfers', { as: 'M1', key: 'k', body: { to: 'bob', amount: '12.3' } }, 201],
    [
      'POST /admin/wallets/{merchant_id}/deposits',
      { admin: true, key: 'k', params: { merchant_id: 'M1' }, body: { amount: '12.3' } },
      201,
    ],
    [
      'POST /admin/pools/{currency}/topups',
      { admin: true, key: 'k', params: { currency: 'usd' }, body: { amount: '12.30' } },
      201,
    ],
    [
      'POST /admin/merchants/{id}/approve',
      { admin: true, params: { id: 'NEW' }, body: { credit_limit: '12.30' } },
      200,
    ],
  ] as const)('CR-2: %s %j', async (route, request, status) => {
    const reply = await call(route, request);
    expect([reply.status, amountOf()]).toEqual([status, [1230n]]);
    expect(Object.values(reply.body.data)).toContain('12.30');
  });

  it('AP-1: an operation that moves money requires a key', async () => {
    for (const route of [
      'POST /withdrawals',
      'POST /transfers',
      'POST /admin/wallets/{merchant_id}/deposits',
      'POST /admin/pools/{currency}/topups',
    ] as const) {
      const params = { currency: 'USD', merchant_id: 'M1' };
      const caller = route.includes('/admin/') ? { admin: true } : { as: 'M1' };
      const request = { ...caller, params, body: { amount: '1.00' } };
      expectProblem(await call(route, request), 400, 'idempotency_key_required');
    }
    expect(context.written).toEqual([]);
  });

  it('WA-5: half a character is no payee', async () => {
    const body = { amount: '1.00', to: '\ud800' };
    const reply = await call('POST /transfers', { as: 'M1', key: 'k', body });
    expect(wrongFields(reply)).toEqual({ to: 'invalid' });
  });

  it('CR-2: a source other than credit or wallet is refused', async () => {
    const body = { amount: '1.00', source: 'pool' };
    const reply = await call('POST /withdrawals', { as: 'M1', key: 'k', body });
    expect(wrongFields(reply)).toEqual({ source: 'not_one_of' });
  });
});

/** A refusal is stored, together with the proof that nothing was accepted under its key. */
const expectRefusalAlone = ({ written }: InMemoryLedger, status: number) => {
  expect(written).toMatchObject([
    [{ Put: { TableName: 'Responses', Item: { status } } }, { ConditionCheck: {} }],
  ]);
  expect(written.flat().flatMap((write) => Object.keys(write))).toEqual(['Put', 'ConditionCheck']);
};

describe('ID-2: a merchant’s status refuses an operation, in the envelope of every refusal', () => {
  it.each([
    ['a caller that is no merchant', undefined, 403, 'not_a_merchant'],
    ['a merchant that is not approved yet', 'PENDING', 403, 'merchant_not_approved'],
    ['a rejected merchant', 'REJECTED', 403, 'merchant_not_approved'],
    ['a suspended merchant', 'SUSPENDED', 403, 'merchant_suspended'],
    ['an archived merchant', 'ARCHIVED', 403, 'merchant_archived'],
  ] as const)('a withdrawal by %s', async (_, status, code, reason) => {
    context = inMemoryLedger(
      ...(status === undefined ? [] : [stored(aMerchant({ id: 'M1', status }))]),
    );
    const request = { as: 'M1', key: 'k', body: { amount: '1.00' } };
    const reply = await callerOf(context, createWithdrawal)('POST /withdrawals', request);
    expectProblem(reply, code, reason);
    expectRefusalAlone(context, code);
  });

  it.each([
    ['an unknown merchant', undefined, 404, 'merchant_not_found'],
    ['an approved merchant', 'ACTIVE', 409, 'merchant_already_approved'],
    ['a suspended merchant', 'SUSPENDED', 409, 'merchant_already_approved'],
    ['an archived merchant', 'ARCHIVED', 409, 'merchant_already_approved'],
    ['a rejected merchant', 'REJECTED', 409, 'merchant_rejected'],
  ] as const)('an approval of %s', async (_, status, code, reason) => {
    context = inMemoryLedger(
      ...(status === undefined ? [] : [stored(aMerchant({ id: 'M1', status }))]),
    );
    const approve = callerOf(context, approveMerchant);
    const request = { admin: true, params: { id: 'M1' }, body: { credit_limit: '1.00' } };
    const reply = await approve('POST /admin/merchants/{id}/approve', request);
    expectProblem(reply, code, reason);
    expectRefusalAlone(context, code);
  });
});

describe('ID-1: an invalid registration is refused by its field', () => {
  const good = {
    username: 'alice',
    password: 'Secret-123',
    requested_credit: '10.00',
    bank_account: 'IR-1234',
  };
  it.each([
    ['username', '', 'username_malformed'],
    ['username', '.', 'username_malformed'],
    ['username', '-alice', 'username_malformed'],
    ['username', 'al ice', 'username_malformed'],
    ['username', 'علی', 'username_malformed'],
    ['username', 'a'.repeat(65), 'username_malformed'],
    ['username', undefined, 'required'],
    ['password', '', 'password_too_weak'],
    ['password', undefined, 'required'],
    ['password', 'x'.repeat(257), 'too_long'],
    ['password', 12345678, 'wrong_type'],
    ['bank_account', 'IR', 'bank_account_malformed'],
    ['bank_account', 'IR 1234', 'bank_account_malformed'],
    ['bank_account', 'I'.repeat(35), 'bank_account_malformed'],
    ['bank_account', undefined, 'required'],
    ['currency', 'XAU', 'currency_unknown'],
  ])('%s %j: %s', async (field, value, code) => {
    const reply = await call('POST /auth/register', { body: { ...good, [field]: value } });
    expectProblem(reply, 422, 'invalid_request');
    expect(wrongFields(reply)).toEqual({ [field]: code });
    expect(reply.text).not.toContain('Secret-123');
  });
});
