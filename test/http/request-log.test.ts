import '../harness/enable-logs.ts';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type Answer, failure, success } from '../../lambdas/http/response.ts';
import { endpoint } from '../../lambdas/http/router.ts';
import type { Reason } from '../../lambdas/ledger/reasons.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import type { Request } from '../harness/harness.ts';
import { callerOf } from '../harness/http-caller.ts';
import { aMerchant, paperBooks, stored, USD } from '../harness/in-memory-ledger.ts';
import { linesOf } from '../harness/log-lines.ts';

const answering = (answer: () => Promise<Answer>) =>
  callerOf({ 'POST /withdrawals': endpoint('optional', z.object({ body: z.unknown() }), answer) });
const withdraw: Request = { as: 'm1', key: 'k1', body: { amount: '73.19', note: 'private' } };

const OK = success({ status: 202, message: { en: 'ok', fa: 'خوب' }, data: {} });

describe('LE-5: every request is one line', () => {
  it('with its id, merchant, route, status, latency and key', async () => {
    const lines = await linesOf(async () => {
      const reply = await answering(async () => OK)('POST /withdrawals', withdraw);
      expect(reply.status).toBe(202);
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: 'INFO',
      message: 'REQUEST_COMPLETED',
      kind: 'access',
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      merchant: 'm1',
      route: 'POST /api/v1/withdrawals',
      status: 202,
      latency_ms: expect.any(Number),
      idempotency_key: 'k1',
    });
  });

  it('whose id is the one the client was told', async () => {
    let told: string | undefined;
    const [line] = await linesOf(async () => {
      told = (await answering(async () => OK)('POST /withdrawals', withdraw)).headers[
        'x-request-id'
      ];
    });
    expect(line?.['request_id']).toBe(told);
  });

  it('that says when the answer was an old one', async () => {
    const replay = answering(async () => ({ ...OK, replayed: true }));
    const [line] = await linesOf(() => replay('POST /withdrawals', withdraw));
    expect(line?.['replayed']).toBe(true);
  });

  it('without what was in the body, the token or the answer', async () => {
    const [line] = await linesOf(() => answering(async () => OK)('POST /withdrawals', withdraw));
    expect(JSON.stringify(line)).not.toMatch(/73\.19|private|token_use|خوب/);
  });

  it('also when it was refused before it reached its operation', async () => {
    const call = answering(async () => OK);
    const lines = await linesOf(async () => {
      await call('POST /withdrawals', { ...withdraw, body: '{' });
      await call('POST /withdrawals', { ...withdraw, claims: { token_use: 'id', sub: 'm1' } });
      await call('GET /health');
    });
    expect(lines.map(({ status, merchant }) => [status, merchant])).toEqual([
      [400, 'm1'],
      [401, undefined],
      [404, undefined],
    ]);
  });
});

describe('LE-5: access, security and error events can be read apart', () => {
  it.each<[Reason, string, string]>([
    ['invalid_request', 'access', 'INFO'],
    ['insufficient_credit', 'access', 'INFO'],
    ['name_taken', 'access', 'INFO'],
    ['invalid_credentials', 'security', 'INFO'],
    ['access_token_required', 'security', 'INFO'],
    ['admin_only', 'security', 'INFO'],
    ['merchant_suspended', 'security', 'INFO'],
    ['internal_error', 'error', 'ERROR'],
    ['busy', 'error', 'ERROR'],
  ])('a request that ends with %s is a line of kind %s', async (reason, kind, level) => {
    const call = answering(async () => failure(reason, 'r'));
    const [line] = await linesOf(() => call('POST /withdrawals', withdraw));
    expect([line?.['kind'], line?.['level']]).toEqual([kind, level]);
  });

  it('an exception is told to us with its stack, and only to us', async () => {
    const call = answering(() => Promise.reject(new TypeError('x of undefined')));
    let answer = '';
    const lines = await linesOf(async () => {
      answer = (await call('POST /withdrawals', withdraw)).text;
    });
    expect(lines).toMatchObject([
      {
        kind: 'error',
        message: 'REQUEST_FAILED',
        error: { name: 'TypeError', message: 'x of undefined', stack: expect.any(String) },
      },
      { kind: 'error', message: 'REQUEST_COMPLETED', status: 500 },
    ]);
    expect(lines[0]?.['request_id']).toBe(lines[1]?.['request_id']);
    expect(answer).not.toContain('x of undefined');
  });

  it('a decision about money is a line of its own, found by request and transaction', async () => {
    const books = paperBooks(stored(aMerchant({ status: 'SUSPENDED' })));
    const call = callerOf({ 'POST /withdrawals': createWithdrawal(books, USD) });
    const lines = await linesOf(() =>
      call('POST /withdrawals', { ...withdraw, body: { amount: '73.19' } }),
    );
    expect(lines).toMatchObject([
      {
        kind: 'money',
        message: 'TRANSACTION_REFUSED',
        operation: 'withdrawal',
        txn: expect.stringMatching(/^[0-9A-V]{26}$/),
        status: 403,
      },
      { kind: 'security', message: 'REQUEST_COMPLETED', status: 403 },
    ]);
    expect(lines[0]?.['request_id']).toBe(lines[1]?.['request_id']);
    expect(JSON.stringify(lines)).not.toMatch(/73\.?19|IR-1|alice/);
  });
});
