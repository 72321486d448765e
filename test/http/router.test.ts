import { beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { success } from '../../lambdas/http/response.ts';
import { type Call, endpoint } from '../../lambdas/http/router.ts';
import { callerOf, expectProblem, wrongFields } from '../harness/http-caller.ts';

const OK = { status: 200, message: { en: 'Done.', fa: 'انجام شد.' }, data: { id: '1' } };
const form = z.object({
  query: z.strictObject({}),
  body: z.strictObject({ name: z.string().max(5), size: z.enum(['S', 'L']).optional() }),
});

let seen: { input: z.infer<typeof form>; call: Call }[];
let outcome: () => Promise<ReturnType<typeof success>>;
beforeEach(() => {
  seen = [];
  outcome = async () => success(OK);
});
const stub = (keyRule: 'required' | 'optional') =>
  endpoint(keyRule, form, (input, call) => {
    seen.push({ input, call });
    return outcome();
  });
const call = callerOf({
  'POST /auth/register': stub('optional'),
  'POST /withdrawals': stub('required'),
  'GET /me': endpoint('optional', z.object({ query: z.strictObject({}) }), () => outcome()),
  'POST /admin/merchants/{id}/approve': stub('optional'),
});

const as = 'm1';
const key = 'k1';
const body = { name: 'a' };
const withdraw = { as, key, body };

describe('AP-2: a request in good form', () => {
  it('is answered in the envelope of every success', async () => {
    const reply = await call('POST /withdrawals', withdraw);
    expect(reply.body).toEqual({ status: 200, message: OK.message, data: { id: '1' } });
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/json']);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(reply.headers).not.toHaveProperty('retry-after');
    expect(reply.headers).not.toHaveProperty('idempotency-replayed');
  });

  it('ID-3: acts for whom the token says, under the key it was sent with', async () => {
    await call('POST /withdrawals', withdraw);
    expect(seen).toMatchObject([
      {
        input: { body },
        call: {
          caller: { sub: 'm1', isAdmin: false },
          key: 'k1',
          request: { method: 'POST', path: '/api/v1/withdrawals', query: '', body },
        },
      },
    ]);
  });

  it('AP-1: gets a key of its own where it can do without one', async () => {
    const approve = { admin: true, params: { id: 'm1' }, body };
    await call('POST /admin/merchants/{id}/approve', approve);
    await call('POST /admin/merchants/{id}/approve', approve);
    const keys = seen.map((each) => each.call.key);
    expect(new Set(keys).size).toBe(2);
    expect(keys[0]).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
  });

  it('is read though the gateway sends its body as base64', async () => {
    const name = 'پول';
    await call('POST /withdrawals', { ...withdraw, body: { name } }, (event) => ({
      ...event,
      body: Buffer.from(event.body ?? '').toString('base64'),
      isBase64Encoded: true,
    }));
    expect(seen[0]?.input.body).toEqual({ name });
  });

  it('is what a later copy is compared with: path, query and body as they were sent', async () => {
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

describe('AP-3: a request in bad form is refused before anything is done', () => {
  it.each([
    ['broken JSON', '{"name": "a"'],
    ['text that is no JSON', 'name=a'],
    ['two objects', '{"name":"a"}{"name":"b"}'],
    ['JSON with a comment', '{"name":"a"} // hello'],
    ['a number that is none', '{"name": NaN}'],
  ])('%s is malformed', async (_, text) => {
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

  it('a body is measured in bytes: 32 KB are read, one more is too large', async () => {
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
    ['a value that is not offered', { name: 'a', size: 'M' }, { size: 'not_one_of' }],
    ['an unknown field', { name: 'a', sub: 'm2' }, { sub: 'unknown_field' }],
    [
      'several at once',
      { name: 7, size: 'M', merchant_id: 'm2', amount: '1' },
      {
        name: 'wrong_type',
        size: 'not_one_of',
        merchant_id: 'unknown_field',
        amount: 'unknown_field',
      },
    ],
  ])('%s is told field by field', async (_, sent, fields) => {
    const reply = await call('POST /withdrawals', { as, key, body: sent });
    expectProblem(reply, 422, 'invalid_request');
    expect(wrongFields(reply)).toEqual(fields);
    expect(seen).toEqual([]);
  });

  it('a nest as deep as the body allows is of the wrong type, and harms nobody', async () => {
    const nest = '['.repeat(16_000) + ']'.repeat(16_000);
    expectProblem(
      await call('POST /withdrawals', { ...withdraw, body: nest }),
      422,
      'invalid_request',
    );
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'an unknown field called %s is unknown like any other',
    async (name) => {
      const reply = await call('POST /withdrawals', { as, key, body: `{"name":"a","${name}":1}` });
      expectProblem(reply, 422, 'invalid_request');
      expect(wrongFields(reply)).toEqual(Object.fromEntries([[name, 'unknown_field']]));
    },
  );

  it('a query that nobody asked for is told, too', async () => {
    const reply = await call('GET /me', { as, query: { verbose: '1' } });
    expect(wrongFields(reply)).toEqual({ verbose: 'unknown_field' });
  });
});

describe('AP-1: the Idempotency-Key', () => {
  it('is required where money moves', async () => {
    const reply = await call('POST /withdrawals', { as, body });
    expectProblem(reply, 400, 'idempotency_key_required');
    expect(seen).toEqual([]);
  });

  it.each(['', ' ', 'a b', 'a'.repeat(129), 'a'.repeat(300), 'کلید', 'a,b', 'a\nb', '"a"'])(
    '%j is malformed, required or not',
    async (malformed) => {
      for (const route of ['POST /withdrawals', 'POST /auth/register'] as const) {
        const reply = await call(route, { as, key: malformed, body });
        expectProblem(reply, 422, 'invalid_request');
        expect(wrongFields(reply)).toEqual({ 'Idempotency-Key': 'idempotency_key_malformed' });
      }
      expect(seen).toEqual([]);
    },
  );

  it.each(['a', 'A-1_2.3:4', 'a'.repeat(128)])('%s is one', async (good) => {
    expect((await call('POST /withdrawals', { as, key: good, body })).status).toBe(200);
  });

  it('and the body are told wrong together', async () => {
    const reply = await call('POST /withdrawals', { as, key: 'a b', body: { name: 7 } });
    expect(wrongFields(reply)).toEqual({
      'Idempotency-Key': 'idempotency_key_malformed',
      name: 'wrong_type',
    });
  });
});

describe('ID-3: the token decides who may do what', () => {
  const claims = (more: Record<string, string>) => ({ sub: 'm1', token_use: 'access', ...more });
  const approve = { key, params: { id: 'm1' }, body };

  it.each([
    ['an ID token', { sub: 'm1', token_use: 'id' }],
    ['a token that does not say what it is for', { sub: 'm1' }],
    ['a token of nobody', { token_use: 'access' }],
    ['an ID token of an admin', { sub: 'a', token_use: 'id', 'cognito:groups': '[admins]' }],
  ])('%s is not accepted', async (_, sent) => {
    const merchant = await call('POST /withdrawals', { key, body, claims: sent });
    expectProblem(merchant, 401, 'access_token_required');
    const admin = await call('POST /admin/merchants/{id}/approve', { ...approve, claims: sent });
    expectProblem(admin, 401, 'access_token_required');
    expect(seen).toEqual([]);
  });

  it('no token at all is not accepted, even where the gateway let it through', async () => {
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
  ])('a caller of the groups %j is no administrator', async (groups) => {
    const sent = claims(groups === undefined ? {} : { 'cognito:groups': groups });
    const reply = await call('POST /admin/merchants/{id}/approve', { ...approve, claims: sent });
    expectProblem(reply, 403, 'admin_only');
    expect(seen).toEqual([]);
  });

  it.each(['[admins]', '[ops admins]', '[admins ops]'])(
    'a caller of the groups %s is one',
    async (groups) => {
      const sent = claims({ 'cognito:groups': groups });
      const reply = await call('POST /admin/merchants/{id}/approve', { ...approve, claims: sent });
      expect([reply.status, seen[0]?.call.caller.isAdmin]).toEqual([200, true]);
    },
  );

  it('says no before it says what is wrong with the request', async () => {
    const broken = { ...approve, body: '{' };
    expectProblem(await call('POST /admin/merchants/{id}/approve', broken), 403, 'admin_only');
    const anonymous = { ...broken, claims: { token_use: 'id' } };
    const reply = await call('POST /withdrawals', anonymous);
    expectProblem(reply, 401, 'access_token_required');
  });
});

describe('AP-2: whatever goes wrong inside', () => {
  it('an exception is told as an internal error, without a word of its own', async () => {
    outcome = () => Promise.reject(new Error('secret table surety-prod'));
    const reply = await call('POST /withdrawals', withdraw);
    expectProblem(reply, 500, 'internal_error');
    expect(reply.text).not.toMatch(/secret|surety-prod|\bat \b|\.ts/);
  });

  it('so is an exception that is no error', async () => {
    outcome = () => Promise.reject(undefined);
    expectProblem(await call('POST /withdrawals', withdraw), 500, 'internal_error');
  });

  it.each(['ThrottlingException', 'TimeoutError', 'InternalServerError'])(
    'WD-8: %s of the store is told as busy, with Retry-After',
    async (name) => {
      outcome = () => Promise.reject(Object.assign(new Error('x'), { name }));
      const reply = await call('POST /withdrawals', withdraw);
      expectProblem(reply, 503, 'busy');
      expect(reply.headers['retry-after']).toBe('1');
    },
  );

  it('AP-1: an amount that slipped through as a number of our own never reaches a client', async () => {
    outcome = async () => success({ ...OK, data: { amount: 5n } });
    expectProblem(await call('POST /withdrawals', withdraw), 500, 'internal_error');
  });

  it('AP-3: a route of another family is not found', async () => {
    expectProblem(await call('GET /health'), 404, 'unknown_route');
  });

  it('AP-1: a replay is marked as one', async () => {
    outcome = async () => ({ ...success(OK), replayed: true });
    const reply = await call('POST /withdrawals', withdraw);
    expect(reply.headers['idempotency-replayed']).toBe('true');
  });
});
