import { expect, it } from '@jest/globals';
import * as z from 'zod';
import type { Caller } from '../../lambdas/http/endpoint.ts';
import { moneyOperation } from '../../lambdas/http/money-operation.ts';
import { refused } from '../../lambdas/ledger/decision.ts';
import { minor } from '../../lambdas/ledger/money.ts';
import type { ProposedTransaction } from '../../lambdas/ledger/transactions.ts';
import { lambdaContext } from '../harness/http-event.ts';
import { inMemoryLedger, USD } from '../harness/in-memory-ledger.ts';

const proposed: ProposedTransaction = {
  type: 'deposit',
  status: 'PROPOSED',
  pk: 'M#m1',
  txnId: 'T1',
  merchantId: 'm1',
  amount: minor(1n),
  currency: USD,
  createdAt: '2026-11-20T11:00:00.000Z',
  requestHash: 'h1',
  phases: [],
  at: { PROPOSED: '2026-11-20T11:00:00.000Z' },
  proposal: {
    operation: 'probe',
    input: '{"body":{"note":"kept"}}',
    by: 'alice',
    expiresAt: '2026-11-21T11:00:00.000Z',
  },
};

it('ID-8: an operation reads again what it was sent, for the admin who sent it', async () => {
  const reads: [string, Caller][] = [];
  const { confirm } = moneyOperation({
    name: 'probe',
    type: 'deposit',
    route: 'POST /admin/probe',
    access: 'admin',
    secondAdmin: true,
    key: 'required',
    input: () => z.object({ body: z.strictObject({ note: z.string() }) }),
    read: async (_ledger, { body }, caller) => reads.push([body.note, caller]),
    decide: () => refused('wallet_closed'),
    respond: () => ({ status: 201, message: { en: '', fa: '' }, data: {} }),
  });
  const reply = await confirm?.(inMemoryLedger())(proposed, 'confirmation', {
    id: 'r1',
    caller: { id: 'bob', name: 'admin:bob', user: { username: 'bob', sub: 's' } },
    sourceIp: '192.0.2.1',
    key: 'k1',
    request: { method: 'POST', path: '/', query: '', body: null },
    context: lambdaContext,
  });
  expect(reply?.status).toBe(422);
  expect(reads).toEqual([
    ['kept', { id: 'alice', name: 'admin:alice', user: { username: 'alice', sub: '' } }],
  ]);
});

it('an operation with a payout that proposes does not compile: nobody would send the payout', () => {
  moneyOperation({
    name: 'probe',
    type: 'withdrawal',
    route: 'POST /admin/probe',
    access: 'admin',
    // @ts-expect-error a withdrawal has a payout
    secondAdmin: true,
    key: 'required',
    input: () => z.object({}),
    read: async () => undefined,
    decide: () => refused('wallet_closed'),
    respond: () => ({ status: 201, message: { en: '', fa: '' }, data: {} }),
  });
});
