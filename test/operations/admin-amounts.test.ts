import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { confirmTransaction } from '../../lambdas/operations/confirmations/confirm.ts';
import { PROPOSING } from '../../lambdas/operations/confirmations/index.ts';
import { OPERATIONS, type RouteName } from '../../lambdas/operations/index.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { type Harness, type Reply, type Request, startHarness } from '../harness/harness.ts';
import { callerOf, expectProblem } from '../harness/http-caller.ts';
import { readSnapshot } from '../model/snapshot.ts';

/** What an admin can move in one request here: 10.00. The test itself is not bounded. */
const BOUND = { limit: '10.00', currency: 'USD' };

let harness: Harness;
let call: ReturnType<typeof callerOf>;
beforeAll(async () => {
  harness = await startHarness(91);
  await harness.fillPool('1000.00');
  const { settings } = harness.context;
  const bounded = {
    ...settings,
    mostPerAdminRequest: { '*': '10' },
    secondAdminAbove: { '*': '9' },
  };
  call = callerOf(
    { ...harness.context, settings: bounded },
    ...PROPOSING,
    confirmTransaction(PROPOSING),
    createWithdrawal,
  );
});
afterAll(() => harness.close());

const asAdmin = (params: Record<string, string>, body?: object): Request => ({
  admin: true,
  as: 'alice',
  key: randomUUID(),
  params,
  ...(body !== undefined && { body }),
});
const idOf = ({ body, text }: Reply): string => body.data?.id ?? text;
const merchantThatUsed = async (amount: string): Promise<string> => {
  const as = await harness.merchant('100.00');
  await harness.insist('POST /withdrawals', { as, key: randomUUID(), body: { amount } });
  return as;
};
const requested = async (amount: string): Promise<string> => {
  const as = await harness.merchant('1.00');
  const request = { as, key: randomUUID(), body: { amount } };
  return idOf(await harness.insist('POST /credit-requests', request));
};

/** One request of each operation that moves money or sets a limit, of so much. */
const CASES: readonly (readonly [RouteName, (amount: string) => Promise<Request>])[] = [
  [
    'POST /admin/wallets/{merchant_id}/deposits',
    async (amount) => asAdmin({ merchant_id: await harness.merchant('1.00') }, { amount }),
  ],
  [
    'POST /admin/wallets/{merchant_id}/repayments',
    async (amount) => asAdmin({ merchant_id: await merchantThatUsed(amount) }, { amount }),
  ],
  [
    'POST /admin/pools/{currency}/topups',
    async (amount) => asAdmin({ currency: 'USD' }, { amount }),
  ],
  [
    'POST /admin/merchants/{id}/approve',
    async (amount) => asAdmin({ id: await harness.register() }, { credit_limit: amount }),
  ],
  [
    'PUT /admin/merchants/{id}/credit/{currency}',
    async (limit) => asAdmin({ id: await harness.merchant('1.00'), currency: 'USD' }, { limit }),
  ],
  [
    'POST /admin/credit-requests/{id}/approve',
    async (limit) => asAdmin({ id: await requested('2.00') }, { credit_limit: limit }),
  ],
  [
    'POST /admin/transactions/{id}/reverse',
    async (amount) => {
      const deposit = await harness.deposit(await harness.merchant('1.00'), { amount });
      return asAdmin({ id: idOf(deposit) });
    },
  ],
];

it('ID-8: each operation that needs a second admin is bounded', () => {
  const routes = PROPOSING.map(({ route }) => route);
  expect(CASES.map(([route]) => route).toSorted()).toEqual(routes.toSorted());
  expect(OPERATIONS.filter(({ confirm }) => confirm !== undefined)).toHaveLength(CASES.length);
});

it.each(CASES)('ID-8: %s moves at most what the stage allows', async (route, requestOf) => {
  const above = await requestOf('10.01');
  const { rows } = await readSnapshot(harness);
  const refused = await call(route, above);
  expectProblem(refused, 422, 'amount_above_admin_limit');
  expect(refused.body.values).toEqual(BOUND);
  expect((await readSnapshot(harness)).rows).toEqual(rows);
  // Above the limit of one admin, and within the bound.
  const proposed = await call(route, await requestOf('10.00'));
  expect([proposed.status, proposed.body.data?.status]).toEqual([202, 'PROPOSED']);
});

it('ID-8: what was proposed before the bound was lowered is refused, and stays', async () => {
  const id = await harness.merchant('1.00');
  // Above the limit of the harness for one admin, which is without a bound.
  const proposed = await harness.deposit(id, { amount: '10000000.01' });
  expect(proposed.status).toBe(202);
  const confirmed = await call('POST /admin/transactions/{id}/confirm', {
    ...asAdmin({ id: idOf(proposed) }),
    as: 'bob',
  });
  expectProblem(confirmed, 422, 'amount_above_admin_limit');
});

it('CR-3: a limit may fall to more than the bound', async () => {
  const id = await harness.merchant('100.00');
  const fall = asAdmin({ id, currency: 'USD' }, { limit: '50.00' });
  expect((await call('PUT /admin/merchants/{id}/credit/{currency}', fall)).status).toBe(200);
});

it('OP-6: what merchants move is not bounded by it', async () => {
  const as = await harness.merchant('1.00');
  await harness.deposit(as, { amount: '50.00' });
  const order = { as, key: randomUUID(), body: { amount: '50.00', source: 'wallet' } };
  expect((await call('POST /withdrawals', order)).status).toBe(202);
});
