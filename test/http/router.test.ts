import { beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { type Call, endpoint } from '../../lambdas/http/endpoint.ts';
import type { Access, Operation, Route } from '../../lambdas/http/operation.ts';
import { type HttpResponse, success } from '../../lambdas/http/response.ts';
import { RetryableError } from '../../lambdas/platform/retry.ts';
import { callerOf, expectProblem, wrongFields } from '../harness/http-caller.ts';
import { inMemoryLedger } from '../harness/in-memory-ledger.ts';
import { adminClaims, merchantClaims } from '../harness/sign-ins.ts';

const OK = { status: 200, message: { en: 'Done.', fa: 'انجام شد.' }, data: { id: '1' } };
const form = z.object({
  query: z.strictObject({}),
  body: z.strictObject({ name: z.string().max(5), size: z.enum(['S', 'L']).optional() }),
});

let seen: { input: z.infer<typeof form>; call: Call }[];
let outcome: () => Promise<HttpResponse>;
beforeEach(() => {
  seen = [];
  outcome = async () => success(OK);
});
const described = (route: Route, access: Access) => ({
  name: 'stub',
  route,
  access,
  grants: [],
  byKey: false,
});
const stub = (route: Route, access: Access, keyRule: 'required' | 'optional'): Operation => ({
  ...described(route, access),
  endpoint: () =>
    endpoint(keyRule, form, (input, call) => {
      seen.push({ input, call });
      return outcome();
    }),
});
const call = callerOf(
  inMemoryLedger(),
  stub('POST /auth/register', 'anyone', 'optional'),
  stub('POST /withdrawals', 'merchant', 'required'),
  stub('POST /admin/merchants/{id}/approve', 'admin', 'optional'),
  {
    ...described('GET /me', 'merchant'),
    endpoint: () => endpoint('optional', z.object({ query: z.strictObject({}) }), () => outcome()),
  },
);

const as = 'm1';
const key = 'k1';
const body = { name: 'a' };
const withdraw = { as, key, body };

describe('AP-2: a valid request', () => {
  it('returns the envelope of every success', async () => {
    const reply = await call('POST /withdrawals', withdraw);
    expect(reply.body).toEqual({ status: 200, message: OK.message, data: { id: '1' } });
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/json']);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(reply.headers).not.toHaveProperty('retry-after');
    expect(reply.headers).not.toHaveProperty('idempotency-replayed');
  });

  it('ID-3: acts for the caller of the token, under the key that was sent', async () => {
    await call('POST /withdrawals', withdraw);
    expect(seen).toMatchObject([
      {
        input: { body },
        call: {
          caller: { id: 'm1', name: 'merchant:m1' },
          key: 'k1',
          request: { method: 'POST', path: '/api/v1/withdrawals', query: '', body },
        },
      },
    ]);
  });

  it('AP-1: gets a fresh key where none is required', async () => {
    const approve = { admin: true, params: { id: 'm1' }, body };
    await call('POST /admin/merchants/{id}/approve', approve);
    await call('POST /admin/merchants/{id}/approve', approve);
    const keys = seen.map((each) => each.call.key);
    expect(new Set(keys).size).toBe(2);
    expect(keys[0]).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
  });

  it('is read also where the gateway encodes its body as base64', async () => {
    const name = 'پول';
    await call('POST /withdrawals', { ...withdraw, body: { name } }, (event) => ({
      ...event,
      body: Buffer.from(event.body ?? '').toString('base64'),
      isBase64Encoded: true,
    }));
    expect(seen[0]?.input.body).toEqual({ name });
  });

  it('AP-1: passes on path, query and body as sent, for comparison with a repeat', async () => {
    const approve = { admin: true, key, params: { id: 'm7' }, body };
    await call('POST /admin/merchants/{id}/approve', approve, (event) => ({
      ...event,
      rawQueryString: 'a=1',
    }));
    expect(seen[0]?.call.request).toEqual({
      method: 'POST',
      path: '/api/v1/admin/merchants/m7/approve',
      query: 'a=1',
      body,
    });
  });
});

describe('AP-3: an invalid request is refused before the operation runs', () => {
  it.each([
    ['broken JSON', '{"name": "a"'],
    ['text that is not JSON', 'name=a'],
    ['two objects', '{"name":"a"}{"name":"b"}'],
    ['JSON with a comment', '{"name":"a"} // hello'],
    ['NaN as a number', '{"name": NaN}'],
  ])('%s is malformed JSON', async (_, text) => {
    expectProblem(
      await call('POST /withdrawals', { ...withdraw, body: text }),
      400,
      'malformed_json',
    );
    expect(seen).toEqual([]);
  });

  it.each([
    ['as text', (text: string) => ({ body: text, isBase64Encoded: false })],
    [
      'as base64',
      (text: string) => ({ body: Buffer.from(text).toString('base64'), isBase64Encoded: true }),
    ],
  ])('a body of 1 MB is too large, %s', async (_, encoded) => {
    const text = JSON.stringify({ name: 'a'.repeat(1024 * 1024) });
    const reply = await call('POST /withdrawals', withdraw, (event) => ({
      ...event,
      ...encoded(text),
    }));
    expectProblem(reply, 413, 'body_too_large');
    expect(seen).toEqual([]);
  });

  it('a body is measured in bytes: 32 KB are accepted, one byte more is not', async () => {
    const filled = (bytes: number) => `{"name":"a"}${' '.repeat(bytes - 12)}`;
    const most = await call('POST /withdrawals', { ...withdraw, body: filled(32 * 1024) });
    expect(most.status).toBe(200);
    const more = await call('POST /withdrawals', { ...withdraw, body: filled(32 * 1024 + 1) });
    expect(more.status).toBe(413);
    const persian = `{"name":"a"}${' '.repeat(20)}"${'پ'.repeat(16 * 1024)}"`;
    expect((await call('POST /withdrawals', { ...withdraw, body: persian })).status).toBe(413);
  });

  it.each<[string, unknown, Record<string, string>]>([
    ['no body', undefined, { body: 'required' }],
    ['an empty body', '', { body: 'required' }],
    ['null', 'null', { body: 'wrong_type' }],
    ['a list', [], { body: 'wrong_type' }],
    ['a text', '"name"', { body: 'wrong_type' }],
    ['a missing field', {}, { name: 'required' }],
    ['a field that is null', { name: null }, { name: 'wrong_type' }],
    ['a field of another type', { name: 7 }, { name: 'wrong_type' }],
    ['a field that is too long', { name: 'abcdef' }, { name: 'too_long' }],
    ['a value that is not allowed', { name: 'a', size: 'M' }, { size: 'not_one_of' }],
    ['an unknown field', { name: 'a', sub: 'm2' }, { sub: 'unknown_field' }],
    [
      'several faults at once',
      { name: 7, size: 'M', merchant_id: 'm2', amount: '1' },
      {
        name: 'wrong_type',
        size: 'not_one_of',
        merchant_id: 'unknown_field',
        amount: 'unknown_field',
      },
    ],
  ])('%s is reported field by field', async (_, sent, fields) => {
    const reply = await call('POST /withdrawals', { as, key, body: sent });
    expectProblem(reply, 422, 'invalid_request');
    expect(wrongFields(reply)).toEqual(fields);
    expect(seen).toEqual([]);
  });

  it.each([
    ['twice', '{"name":"a","name":"b"}'],
    ['twice with one value', '{"name":"a","name":"a"}'],
    ['in two spellings', '{"name":"a","n\\u0061me":"b"}'],
    ['far apart', '{"name":"a","size":"S","name":"b"}'],
    ['in an object of a list', '{"name":[{"x":1},{"y":1,"y" : 2}]}'],
    ['called __proto__', '{"name":"a","__proto__":1,"__proto__":2}'],
  ])('a key that an object names %s is refused: no value is chosen', async (_, text) => {
    const reply = await call('POST /withdrawals', { ...withdraw, body: text });
    expectProblem(reply, 400, 'duplicate_json_keys');
    expect(seen).toEqual([]);
  });

  it('at most 20 invalid fields are listed, and the number of the others', async () => {
    const unknown = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, 1]));
    const most = await call('POST /withdrawals', { as, key, body: { name: 'a', ...unknown(20) } });
    expectProblem(most, 422, 'invalid_request');
    expect([most.body.errors.length, most.body.more_errors]).toEqual([20, undefined]);
    const more = await call('POST /withdrawals', { as, key, body: { name: 7, ...unknown(3000) } });
    expect([more.body.errors.length, more.body.more_errors]).toEqual([20, 2981]);
    expect(more.text.length).toBeLessThan(8_000);
  });

  it('a body nested as deep as its size allows is refused like any other', async () => {
    const nested = '['.repeat(16_000) + ']'.repeat(16_000);
    expectProblem(
      await call('POST /withdrawals', { ...withdraw, body: nested }),
      422,
      'invalid_request',
    );
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'a field called %s is an unknown field like any other',
    async (name) => {
      const reply = await call('POST /withdrawals', { as, key, body: `{"name":"a","${name}":1}` });
      expectProblem(reply, 422, 'invalid_request');
      expect(wrongFields(reply)).toEqual(Object.fromEntries([[name, 'unknown_field']]));
    },
  );

  it('an unknown query parameter is reported', async () => {
    const reply = await call('GET /me', { as, query: { verbose: '1' } });
    expect(wrongFields(reply)).toEqual({ verbose: 'unknown_field' });
  });
});

describe('AP-1: the Idempotency-Key', () => {
  it('is required by an operation that moves money', async () => {
    const reply = await call('POST /withdrawals', { as, body });
    expectProblem(reply, 400, 'idempotency_key_required');
    expect(seen).toEqual([]);
  });

  it.each(['', ' ', 'a b', 'a'.repeat(129), 'a'.repeat(300), 'کلید', 'a,b', 'a\nb', '"a"'])(
    '%j is malformed, whether a key is required or not',
    async (malformed) => {
      for (const route of ['POST /withdrawals', 'POST /auth/register'] as const) {
        const reply = await call(route, { as, key: malformed, body });
        expectProblem(reply, 422, 'invalid_request');
        expect(wrongFields(reply)).toEqual({ 'Idempotency-Key': 'idempotency_key_malformed' });
      }
      expect(seen).toEqual([]);
    },
  );

  it.each(['a', 'A-1_2.3:4', 'a'.repeat(128)])('%s is accepted', async (good) => {
    expect((await call('POST /withdrawals', { as, key: good, body })).status).toBe(200);
  });

  it('is reported together with invalid fields', async () => {
    const reply = await call('POST /withdrawals', { as, key: 'a b', body: { name: 7 } });
    expect(wrongFields(reply)).toEqual({
      'Idempotency-Key': 'idempotency_key_malformed',
      name: 'wrong_type',
    });
  });
});

describe('ID-3: the token decides what a caller may do', () => {
  const claims = (more: Record<string, string>) => ({
    ...adminClaims('bob'),
    'cognito:groups': '',
    ...more,
  });
  const approve = { key, params: { id: 'm1' }, body };
  const without = (name: string): Record<string, string> =>
    Object.fromEntries(Object.entries(merchantClaims('m1')).filter(([each]) => each !== name));

  it.each([
    ['an ID token', { ...merchantClaims('m1'), token_use: 'id' }],
    ['a token without a use', without('token_use')],
    ['a token without a subject', without('sub')],
    ['a token without an issuer', without('iss')],
    ['a token without a username', without('username')],
    ['an ID token of an admin', { ...adminClaims(), token_use: 'id' }],
  ])('%s is refused', async (_, sent) => {
    const merchant = await call('POST /withdrawals', { key, body, claims: sent });
    expectProblem(merchant, 401, 'access_token_required');
    const admin = await call('POST /admin/merchants/{id}/approve', { ...approve, claims: sent });
    expectProblem(admin, 401, 'access_token_required');
    expect(seen).toEqual([]);
  });

  it('a request without a token is refused, also if the gateway passes it on', async () => {
    const reply = await call('POST /withdrawals', withdraw, ({ requestContext, ...event }) => ({
      ...event,
      requestContext: { requestId: 'r', http: requestContext.http },
    }));
    expectProblem(reply, 401, 'access_token_required');
  });

  it.each([
    undefined,
    '',
    '[]',
    '[xadmins]',
    '[adminsx]',
    '[Admins]',
    '[x-admins admins-x]',
    '[merchants]',
    '[[admins]]',
    '[not,admins]',
  ])('a caller in the groups %j is not an administrator', async (groups) => {
    const sent = claims(groups === undefined ? {} : { 'cognito:groups': groups });
    const reply = await call('POST /admin/merchants/{id}/approve', { ...approve, claims: sent });
    expectProblem(reply, 403, 'admin_only');
    expect(seen).toEqual([]);
  });

  it.each(['[admins]', '[ops admins]', '[admins ops]'])(
    'a caller in the groups %s is an administrator',
    async (groups) => {
      const sent = claims({ 'cognito:groups': groups });
      const reply = await call('POST /admin/merchants/{id}/approve', { ...approve, claims: sent });
      expect([reply.status, seen[0]?.call.caller.name]).toEqual([200, 'admin:bob']);
    },
  );

  it('ID-8: the token of another user pool is neither a merchant’s nor an administrator’s', async () => {
    const merchant = { ...merchantClaims('m1'), 'cognito:groups': '[admins]' };
    const asAdmin = await call('POST /admin/merchants/{id}/approve', {
      ...approve,
      claims: merchant,
    });
    expectProblem(asAdmin, 403, 'admin_only');
    const admin = { ...adminClaims(), sub: merchantClaims('m1')['sub'] ?? '' };
    const asMerchant = await call('POST /withdrawals', { key, body, claims: admin });
    expectProblem(asMerchant, 403, 'not_a_merchant');
    expect(seen).toEqual([]);
  });

  it('ID-8: a user without a sign-in row is no merchant, whatever its name', async () => {
    const sent = { ...merchantClaims('m1'), sub: 'another', username: 'm1' };
    const reply = await call('POST /withdrawals', { key, body, claims: sent });
    expectProblem(reply, 403, 'not_a_merchant');
  });

  it('ID-8: an administrator is one caller in any case of its name', async () => {
    const sent = adminClaims('Bob');
    await call('POST /admin/merchants/{id}/approve', { ...approve, claims: sent });
    expect(seen[0]?.call.caller).toMatchObject({
      id: 'bob',
      name: 'admin:bob',
      user: { username: 'bob' },
    });
  });

  it('the caller is checked before the request', async () => {
    const broken = { ...approve, body: '{' };
    expectProblem(await call('POST /admin/merchants/{id}/approve', broken), 403, 'admin_only');
    const anonymous = { ...broken, claims: { token_use: 'id' } };
    const reply = await call('POST /withdrawals', anonymous);
    expectProblem(reply, 401, 'access_token_required');
  });
});

describe('AP-2: internal failures', () => {
  it('an exception is an internal error, and its text is not returned', async () => {
    outcome = () => Promise.reject(new Error('secret table surety-prod'));
    const reply = await call('POST /withdrawals', withdraw);
    expectProblem(reply, 500, 'internal_error');
    expect(reply.text).not.toMatch(/secret|surety-prod|\bat \b|\.ts/);
  });

  it('a thrown value that is not an error is an internal error', async () => {
    outcome = () => Promise.reject(undefined);
    expectProblem(await call('POST /withdrawals', withdraw), 500, 'internal_error');
  });

  it.each(['ThrottlingException', 'TimeoutError', 'InternalServerError'])(
    'WD-8: %s of the database is busy, with Retry-After',
    async (name) => {
      outcome = () => Promise.reject(Object.assign(new Error('x'), { name }));
      const reply = await call('POST /withdrawals', withdraw);
      expectProblem(reply, 503, 'busy');
      expect(reply.headers['retry-after']).toMatch(/^[1-9]$/);
    },
  );

  it('WD-8: a retryable error of our own is busy, too', async () => {
    outcome = () => Promise.reject(new RetryableError('rows were not read'));
    expectProblem(await call('POST /withdrawals', withdraw), 503, 'busy');
  });

  it('AP-1: an amount that was not formatted never reaches a client', async () => {
    outcome = async () => success({ ...OK, data: { amount: 5n } });
    expectProblem(await call('POST /withdrawals', withdraw), 500, 'internal_error');
  });

  it('AP-3: a route of another function is not found', async () => {
    expectProblem(await call('GET /health'), 404, 'unknown_route');
  });

  it('AP-1: a replay is marked as one', async () => {
    outcome = async () => ({ ...success(OK), replayed: true });
    const reply = await call('POST /withdrawals', withdraw);
    expect(reply.headers['idempotency-replayed']).toBe('true');
  });
});
