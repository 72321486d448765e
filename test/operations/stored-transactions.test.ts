import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { merchantPk, poolPk } from '../../lambdas/ledger/keys.ts';
import type { RouteName } from '../../lambdas/operations/index.ts';
import { type Harness, type Request, startHarness, USD } from '../harness/harness.ts';

/** LE-1: every operation that moves money or a limit stores what it moved, in the ledger's compact form. */
let harness: Harness;
const NOON = '2026-11-20T12:00:00.000Z';
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

/** The transaction's row, the only one that the request adds. */
async function storedBy(route: RouteName, request: Request): Promise<Record<string, unknown>> {
  const isTransaction = ({ sk }: Record<string, unknown>) => String(sk).startsWith('TXN#');
  const before = new Set((await harness.rows()).filter(isTransaction).map(({ sk }) => sk));
  const reply = await harness.call(route, { key: 'k', ...request });
  const added = (await harness.rows()).filter(
    (row) => isTransaction(row) && !before.has(row['sk']),
  );
  expect([reply.text, added.length]).toEqual([reply.text, 1]);
  const [row = {}] = added;
  expect(row['sk']).toBe(`TXN#${reply.body.data.transaction_id ?? reply.body.data.id}`);
  return row;
}

const final = { createdAt: NOON, at: { SUCCEEDED: NOON }, status: 'SUCCEEDED' };
const accepted = (...postings: readonly (readonly unknown[])[]) => [
  { name: 'accept', at: NOON, postings },
];

it('CR-1: a top-up stores its posting and its share', async () => {
  const request = { admin: true, params: { currency: 'USD' }, body: { amount: '700.00' } };
  expect(await storedBy('POST /admin/pools/{currency}/topups', request)).toMatchObject({
    ...final,
    pk: poolPk(USD, 'ROOT'),
    type: 'top_up',
    amount: 700_00n,
    phases: [
      {
        name: 'accept',
        at: NOON,
        postings: [['funding', 'pool', 700_00n]],
        shares: [['ROOT', 700_00n]],
      },
    ],
  });
});

it('ID-2: an approval and an archive store no posting', async () => {
  const id = await harness.register();
  const approve = { admin: true, params: { id }, body: { credit_limit: '50.00' } };
  expect(await storedBy('POST /admin/merchants/{id}/approve', approve)).toMatchObject({
    ...final,
    pk: merchantPk(id),
    type: 'approval',
    amount: 50_00n,
    phases: [],
  });
  const archive = { admin: true, params: { id } };
  expect(await storedBy('POST /admin/merchants/{id}/archive', archive)).toMatchObject({
    ...final,
    pk: merchantPk(id),
    type: 'archive',
    amount: 0n,
    phases: [],
  });
});

it('WA-2 WA-3: a deposit stores its posting, from outside into the available or pending balance', async () => {
  const id = await harness.merchant('10.00');
  const deposit = (body: object, key: string) =>
    storedBy('POST /admin/wallets/{merchant_id}/deposits', {
      admin: true,
      key,
      params: { merchant_id: id },
      body: { amount: '30.00', ...body },
    });
  expect(await deposit({}, 'now')).toMatchObject({
    ...final,
    pk: merchantPk(id),
    type: 'deposit',
    phases: accepted(['outside', 'wallet', 30_00n]),
  });
  expect(await deposit({ release_at: '2026-11-21T00:00:00Z' }, 'later')).toMatchObject({
    ...final,
    releaseAt: '2026-11-21T00:00:00.000Z',
    phases: accepted(['outside', 'pending', 30_00n]),
  });
});

it('WA-5: a transfer stores its postings, with the owner of the payee’s account', async () => {
  const [payer, payee] = [await harness.merchant('10.00'), await harness.merchant('10.00')];
  await harness.deposit(payer, { amount: '30.00' });
  const request = { as: payer, body: { to: payee, amount: '10.00' } };
  expect(await storedBy('POST /transfers', request)).toMatchObject({
    ...final,
    pk: merchantPk(payer),
    recipient: merchantPk(payee),
    type: 'transfer',
    phases: accepted(['wallet', `wallet@${payee}`, 10_00n], ['wallet', 'fees', 20n]),
  });
});

it('CR-2 WD-1 WD-2: a withdrawal stores the postings of its source, and none while it is scheduled', async () => {
  const id = await harness.merchant('50.00');
  await harness.deposit(id, { amount: '30.00' });
  const withdraw = (body: object, key: string) =>
    storedBy('POST /withdrawals', { as: id, key, body: { amount: '10.00', ...body } });
  const payout = { provider: 'bank', destination: 'IRTEST0000000000001', attempt: 0n };
  const pending = {
    pk: merchantPk(id),
    type: 'withdrawal',
    status: 'PENDING',
    createdAt: NOON,
    at: { PENDING: NOON },
    payout,
    limitDay: '2026-11-20',
    limitMonth: '2026-11',
    nextCheckAt: '2026-11-20T12:15:00.000Z',
    nextCheckKey: expect.stringMatching(/^PAYOUT#\d+$/),
  };
  expect(await withdraw({}, 'credit')).toMatchObject({
    ...pending,
    source: 'credit',
    phases: [
      {
        name: 'accept',
        at: NOON,
        postings: [
          ['pool', 'clearing', 10_00n],
          ['lent', 'credit', 10_00n],
        ],
        shares: [['ROOT', 10_00n]],
      },
    ],
  });
  const fromWallet = await withdraw({ source: 'wallet' }, 'wallet');
  expect(fromWallet).toMatchObject({
    ...pending,
    source: 'wallet',
    phases: accepted(['wallet', 'clearing', 10_00n]),
  });
  expect(fromWallet['phases']).not.toHaveProperty('0.shares');
  const scheduled = await withdraw({ execute_at: '2026-11-21T12:00:00Z' }, 'scheduled');
  expect(scheduled).toMatchObject({
    type: 'withdrawal',
    status: 'SCHEDULED',
    createdAt: NOON,
    at: { SCHEDULED: NOON },
    payout,
    phases: [],
    executeAt: '2026-11-21T12:00:00.000Z',
    nextCheckAt: '2026-11-21T12:01:00.000Z',
    nextCheckKey: expect.stringMatching(/^SCHEDULE#\d+$/),
  });
  expect(scheduled).not.toHaveProperty('limitDay');
});
