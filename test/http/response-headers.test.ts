import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { endpoint } from '../../lambdas/http/endpoint.ts';
import { noRoute } from '../../lambdas/http/no-route.ts';
import { type HttpResponse, success } from '../../lambdas/http/response.ts';
import { httpHandler } from '../../lambdas/http/router.ts';
import { OPERATIONS } from '../../lambdas/operations/index.ts';
import { callerOf } from '../harness/http-caller.ts';
import { httpEvent, lambdaContext, replyOf } from '../harness/http-event.ts';
import { inMemoryLedger } from '../harness/in-memory-ledger.ts';

const SECURITY = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};
const OK = success({ status: 200, message: { en: 'Done.', fa: 'انجام شد.' }, data: {} });

const calling = (outcome: () => Promise<HttpResponse>) =>
  callerOf(inMemoryLedger(), {
    name: 'stub',
    route: 'POST /withdrawals',
    access: 'merchant',
    grants: [],
    byKey: false,
    endpoint: () => endpoint('required', z.object({ body: z.object({}) }), outcome),
  });

describe('every response has the security headers', () => {
  const request = { as: 'm1', key: 'k1', body: {} };

  it.each([
    [200, 'a success', async () => OK, request],
    [500, 'an internal error', () => Promise.reject(new Error('x')), request],
    [400, 'a request that is not JSON', async () => OK, { ...request, body: '{' }],
    [401, 'an ID token', async () => OK, { ...request, claims: { sub: 'm1', token_use: 'id' } }],
  ] as const)('%i: %s', async (status, _, outcome, sent) => {
    const reply = await calling(outcome)('POST /withdrawals', sent);
    expect(reply.status).toBe(status);
    expect(reply.headers).toMatchObject(SECURITY);
  });

  it.each([
    [404, '/nothing'],
    [405, '/api/v1/me'],
  ])('%i: what matches no route', async (status, path) => {
    const respond = noRoute(OPERATIONS.map(({ route }) => route));
    const handler = httpHandler(async ({ rawPath, requestContext }) =>
      respond(rawPath, requestContext.requestId),
    );
    const event = { ...httpEvent('POST /withdrawals', {}), rawPath: path };
    const reply = replyOf(await handler(event, lambdaContext));
    expect(reply.status).toBe(status);
    expect(reply.headers).toMatchObject(SECURITY);
  });
});
