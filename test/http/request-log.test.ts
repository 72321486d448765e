import '../harness/enable-logs.ts';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { operation } from '../../lambdas/http/operation.ts';
import { failure, type HttpResponse, success } from '../../lambdas/http/response.ts';
import type { PlainReason } from '../../lambdas/ledger/reasons.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import type { Request } from '../harness/harness.ts';
import { callerOf } from '../harness/http-caller.ts';
import { aMerchant, inMemoryLedger, stored } from '../harness/in-memory-ledger.ts';
import { linesOf } from '../harness/log-lines.ts';

const responding = (respond: () => Promise<HttpResponse>) =>
  callerOf(
    inMemoryLedger(),
    operation({
      name: 'withdrawal',
      route: 'POST /withdrawals',
      access: 'merchant',
      input: () => z.object({ body: z.unknown() }),
      handle: respond,
    }),
  );
const withdraw: Request = { as: 'm1', key: 'k1', body: { amount: '73.19', note: 'private' } };

const OK = success({ status: 202, message: { en: 'ok', fa: 'خوب' }, data: {} });

describe('LE-5: every request writes one log line', () => {
  it('with its id, merchant, route, status, latency and key', async () => {
    const lines = await linesOf(async () => {
      const reply = await responding(async () => OK)('POST /withdrawals', withdraw);
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

  it('and the next request of the same process does not carry its merchant', async () => {
    const call = responding(async () => OK);
    const lines = await linesOf(async () => {
      await call('POST /withdrawals', withdraw);
      await call('POST /withdrawals', { ...withdraw, claims: {} });
    });
    expect(lines.map(({ status, merchant }) => [status, merchant])).toEqual([
      [202, 'm1'],
      [401, undefined],
    ]);
  });

  it('with the request id that the client receives', async () => {
    let received: string | undefined;
    const [line] = await linesOf(async () => {
      const reply = await responding(async () => OK)('POST /withdrawals', withdraw);
      received = reply.headers['x-request-id'];
    });
    expect(received).toMatch(/^[0-9a-f-]{36}$/);
    expect(line?.['request_id']).toBe(received);
  });

  it('that marks a replay', async () => {
    const replay = responding(async () => ({ ...OK, replayed: true }));
    const [line] = await linesOf(() => replay('POST /withdrawals', withdraw));
    expect(line?.['replayed']).toBe(true);
  });

  it('without the content of body, token or response', async () => {
    const [line] = await linesOf(() => responding(async () => OK)('POST /withdrawals', withdraw));
    expect(JSON.stringify(line)).not.toMatch(/73\.19|private|token_use|خوب/);
  });

  it('also if it is refused before its operation runs', async () => {
    const call = responding(async () => OK);
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

describe('LE-5: a query can select access, security and error events', () => {
  it.each<[PlainReason, string, string]>([
    ['invalid_request', 'access', 'INFO'],
    ['insufficient_credit', 'access', 'INFO'],
    ['name_taken', 'access', 'INFO'],
    ['invalid_credentials', 'security', 'INFO'],
    ['access_token_required', 'security', 'INFO'],
    ['admin_only', 'security', 'INFO'],
    ['merchant_suspended', 'security', 'INFO'],
    ['internal_error', 'error', 'ERROR'],
    ['busy', 'error', 'ERROR'],
  ])('a request that ends with %s is logged as %s', async (reason, kind, level) => {
    const call = responding(async () => failure(reason, 'r'));
    const [line] = await linesOf(() => call('POST /withdrawals', withdraw));
    expect([line?.['kind'], line?.['level']]).toEqual([kind, level]);
  });

  it('an exception is logged with its stack, and the client receives none of it', async () => {
    const call = responding(() => Promise.reject(new TypeError('x of undefined')));
    let received = '';
    const lines = await linesOf(async () => {
      received = (await call('POST /withdrawals', withdraw)).text;
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
    expect(received).not.toContain('x of undefined');
  });

  it('a decision about money has its own line, with request and transaction', async () => {
    const context = inMemoryLedger(stored(aMerchant({ status: 'SUSPENDED' })));
    const call = callerOf(context, createWithdrawal);
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
