import { describe, expect, it } from '@jest/globals';
import { OPERATIONS } from '../../lambdas/operations/index.ts';
import type { Caller } from './caller.ts';
import { NOBODY } from './caller.ts';
import type { ReceivedResponse, SentRequest, Target } from './exchange.ts';
import { operationFields } from './operation-fields.ts';
import { findingsIn } from './oracle.ts';
import { generate } from './requests.ts';
import { targets } from './target.ts';

const merchant: Caller = {
  name: 'm',
  kind: 'stable',
  id: 'm',
  authorization: async () => 'Bearer t',
};
const wallets: Target = {
  kind: 'operation',
  route: 'GET /wallets',
  access: 'merchant',
  storesResponses: false,
  isList: false,
  params: {},
};
const request: SentRequest = {
  kind: 'valid',
  caller: merchant,
  target: wallets,
  method: 'GET',
  path: '/wallets',
  query: [],
  headers: {},
  body: undefined,
  expects: { kind: 'any' },
};
const message = { en: 'Text.', fa: 'متن.' };
const HEADERS = { 'x-request-id': 'r-1', 'cache-control': 'no-store' };

const success = (data: unknown = {}): ReceivedResponse => ({
  status: 200,
  headers: { ...HEADERS, 'content-type': 'application/json' },
  text: JSON.stringify({ status: 200, message, data }),
});
const problem = (status: number, code: string, more: object = {}): ReceivedResponse => ({
  status,
  headers: {
    ...HEADERS,
    'content-type': 'application/problem+json',
    ...(status >= 500 && { 'retry-after': '1' }),
  },
  text: JSON.stringify({
    type: `urn:surety:problem:${code}`,
    title: 'Title',
    status,
    detail: 'Detail.',
    code,
    message,
    request_id: 'r-1',
    retryable: status >= 500,
    ...more,
  }),
});
const gateway = (status: number): ReceivedResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  text: '{"message": "Text"}',
});

const judged = (response: ReceivedResponse, changed: Partial<SentRequest> = {}): string =>
  findingsIn({ request: { ...request, ...changed }, response }).join('; ');

describe('the oracle accepts what the API may answer', () => {
  const page = { items: [], next_cursor: null };
  const wrong = { errors: [{ field: 'amount', code: 'amount_malformed', message }] };
  it.each<[string, ReceivedResponse, Partial<SentRequest>?]>([
    ['a success', success({ available: '1.00' })],
    ['a page of a list', success(page), { target: { ...wallets, isList: true } }],
    ['a refusal', problem(404, 'wallet_not_found')],
    ['invalid fields', problem(422, 'invalid_request', wrong)],
    ['503 busy', problem(503, 'busy')],
    ['401 of the gateway without a token', gateway(401), { caller: NOBODY }],
    ['429 of the gateway', gateway(429)],
    ['404 on an unknown path', problem(404, 'unknown_route'), { target: { kind: 'none' } }],
    ['no body for HEAD', { ...problem(405, 'method_not_allowed'), text: '' }, { method: 'HEAD' }],
  ])('%s', (_, response, changed = {}) => {
    expect(judged(response, changed)).toBe('');
  });

  it('AP-1: a replay, with the request id of the first response', () => {
    const first = problem(402, 'insufficient_funds', { request_id: 'r-0' });
    const expects = { kind: 'replay', status: first.status, text: first.text } as const;
    const replayed = { ...first, headers: { ...first.headers, 'idempotency-replayed': 'true' } };
    expect(judged(replayed, { expects })).toBe('');
    expect(judged(success(), { expects })).toContain('differs from the first response');
  });
});

describe('the oracle rejects every other response', () => {
  const { text } = success();
  const asAdmin: Target = { ...wallets, access: 'admin' };
  it.each<[string, string, ReceivedResponse, Partial<SentRequest>?]>([
    ['a 500', 'the status is 500', problem(500, 'internal_error')],
    ['a 503 of the gateway', 'the status is 503', gateway(503)],
    ['a 503 with another code', 'the status is 503', problem(503, 'unhealthy')],
    ['503 without Retry-After', 'Retry-After', { ...problem(503, 'busy'), headers: HEADERS }],
    ['a stack trace', 'stack trace', success({ x: 'at f (/var/task/index.mjs:1:2)' })],
    ['a negative balance', 'negative', success({ available: '-0.01' })],
    ['no envelope', 'no success envelope', { ...success(), text: '{"data":{}}' }],
    ['another field in the envelope', 'no success envelope', { ...success(), text: `[${text}]` }],
    ['a refusal without envelope', 'no problem document', gateway(404)],
    ['an error page', 'no problem document', { ...gateway(404), text: '<html>' }],
    ['a status unlike its code', 'is not a 409', problem(409, 'wallet_not_found')],
    ['a status unlike its body', 'the body says', { ...success(), status: 201 }],
    ['an unknown code', 'is unknown', problem(404, 'nothing_like_it')],
    ['201 without Location', 'Location', { ...success(), status: 201 }],
    ['no request id', 'X-Request-Id', { ...success(), headers: { 'content-type': 'x' } }],
    ['another content type', 'content-type', { ...success(), headers: HEADERS }],
    ['a list that is no page', 'no page', success([]), { target: { ...wallets, isList: true } }],
    ['success without a token', 'not refused with 401', success(), { caller: NOBODY }],
    ['a merchant as an admin', 'not refused with 401', success(), { target: asAdmin }],
    ['401 for a valid token', 'no problem document', gateway(401)],
    ['success on no route', 'succeeds', success(), { target: { kind: 'none' } }],
    ['a key used twice', 'accepted', success(), { expects: { kind: 'key-reused' } }],
    [
      'a page that is refused',
      'refused',
      problem(400, 'invalid_cursor'),
      { expects: { kind: 'page' } },
    ],
  ])('%s', (_, finding, response, changed = {}) => {
    expect(judged(response, changed)).toContain(finding);
  });
});

describe('generated requests', () => {
  it('are the same for the same seed, and a longer run begins with them', async () => {
    const operations = await operationFields();
    const requests = generate(operations, 42, 300);
    expect(generate(operations, 42, 300)).toEqual(requests);
    expect(generate(operations, 42, 400).slice(0, 300)).toEqual(requests);
    expect(generate(operations, 43, 300)).not.toEqual(requests);
  });

  it('call every operation with valid and with hostile input', async () => {
    const requests = generate(await operationFields(), 1, 3_000);
    const routesOf = (kind: string) =>
      new Set(
        requests.flatMap((each) => (each.kind === kind && 'route' in each ? each.route : [])),
      );
    const all = OPERATIONS.map(({ route }): string => route).toSorted();
    expect([...routesOf('valid')].toSorted()).toEqual(all);
    expect([...routesOf('hostile')].toSorted()).toEqual(all);
  });

  it('have the fields that each operation itself validates', async () => {
    const operations = await operationFields();
    const fieldsOf = (route: string) => operations.find((each) => each.route === route);
    expect(fieldsOf('POST /withdrawals')).toMatchObject({
      body: { required: ['amount'], optional: ['currency', 'source', 'execute_at'] },
    });
    expect(fieldsOf('GET /transactions/by-key/{key}')).toMatchObject({
      query: { required: ['operation'] },
      body: undefined,
    });
  });

  it('are recognized by the operation they lead to', async () => {
    const targetOf = targets(await operationFields());
    expect(targetOf('GET', '/transactions/by-key/k?operation=transfer')).toMatchObject({
      route: 'GET /transactions/by-key/{key}',
      params: { key: 'k' },
      isList: false,
    });
    expect(targetOf('GET', '/wallets')).toMatchObject({ access: 'merchant' });
    expect(targetOf('PUT', '/wallets')).toEqual({ kind: 'none' });
    expect(targetOf('GET', '/wallets/%2e%2e')).toEqual({ kind: 'unclear' });
  });
});
