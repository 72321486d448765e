import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import * as z from 'zod';
import type { PlainReason } from '../ledger/reasons.ts';
import { signInLookup } from '../ledger/rows/sign-ins.ts';
import { log, logAlways, logger } from '../platform/logger.ts';
import { publishMetrics } from '../platform/metrics.ts';
import { isRetryable } from '../platform/retry.ts';
import { callerOf } from './caller.ts';
import type { Caller, Endpoint } from './endpoint.ts';
import { jsonBody } from './json-body.ts';
import { locationOf } from './location.ts';
import {
  type Access,
  API_PREFIX,
  type ApiContext,
  type Operation,
  type Route,
} from './operation.ts';
import { failure, type HttpResponse } from './response.ts';

/** The part of API Gateway's HTTP API event (payload 2.0) that is read. */
const httpEvent = z.object({
  routeKey: z.string(),
  rawPath: z.string(),
  rawQueryString: z.string().default(''),
  headers: z.record(z.string(), z.string()).default({}),
  queryStringParameters: z.record(z.string(), z.string()).nullish(),
  pathParameters: z.record(z.string(), z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().default(false),
  requestContext: z.object({
    requestId: z.string(),
    http: z.object({ method: z.string(), sourceIp: z.string().default('') }),
    authorizer: z
      .object({ jwt: z.object({ claims: z.record(z.string(), z.unknown()) }) })
      .optional(),
  }),
});
type HttpEvent = z.output<typeof httpEvent>;

type Routed = Pick<Operation, 'access' | 'location'> & { readonly handle: Endpoint };

type WhoCalls = (access: Access, claims: unknown) => Promise<Caller | PlainReason>;

/** Checks the token, then the form, then runs the operation. */
async function respond(
  routes: ReadonlyMap<string, Routed>,
  whoCalls: WhoCalls,
  event: HttpEvent,
  context: Context,
): Promise<HttpResponse> {
  const { requestId: id, authorizer } = event.requestContext;
  const routed = routes.get(event.routeKey.replace(API_PREFIX, ''));
  if (routed === undefined) return failure('unknown_route', id);
  const caller = await whoCalls(routed.access, authorizer?.jwt.claims);
  if (typeof caller === 'string') return failure(caller, id);
  if (routed.access !== 'anyone') logAlways({ [routed.access]: caller.id });
  const { method, sourceIp } = event.requestContext.http;
  const body = method === 'GET' ? ({ kind: 'none' } as const) : jsonBody(event);
  if (typeof body === 'string') return failure(body, id);
  const value = body.kind === 'json' ? body.value : undefined;
  const response = await routed.handle(
    {
      id,
      caller,
      sourceIp,
      context,
      request: { method, path: event.rawPath, query: event.rawQueryString, body: value ?? null },
    },
    {
      params: event.pathParameters ?? {},
      query: event.queryStringParameters ?? {},
      body: value,
      headers: { 'If-Match': event.headers['if-match'] },
      key: event.headers['idempotency-key'],
    },
  );
  return {
    ...response,
    headers: { ...response.headers, ...locationOf(response, routed.location) },
  };
}

/** Cognito's names for its own limits; DynamoDB's throttling is retryable. */
const THROTTLED = new Set([
  'LimitExceededException',
  'TooManyRequestsException',
  'UnexpectedLambdaException',
]);
const isThrottled = (error: unknown): boolean =>
  error instanceof Error && THROTTLED.has(error.name);

const faultOf = (error: unknown, id: string): HttpResponse => {
  log('error', 'REQUEST_FAILED', { request_id: id }, error);
  if (isThrottled(error)) return failure('too_many_requests', id);
  return failure(isRetryable(error) ? 'busy' : 'internal_error', id);
};

const toGateway = (
  { status, body, replayed, headers }: HttpResponse,
  id: string,
): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
    'cache-control': 'no-store',
    // Browsers read a response as its content type says, and use https for a year.
    'x-content-type-options': 'nosniff',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-request-id': id,
    ...(replayed && { 'idempotency-replayed': 'true' }),
    ...headers,
  },
  body,
});

/** The handler of a function that serves these operations. */
export function apiHandler<Context extends ApiContext>(
  operations: readonly Operation<Route, Context>[],
  context: Context,
) {
  const routes = new Map(
    operations.map(({ route, access, location, endpoint }): [string, Routed] => [
      route,
      { access, location, handle: endpoint(context) },
    ]),
  );
  const merchantOf = signInLookup(context.ledger);
  const whoCalls: WhoCalls = (access, claims) =>
    callerOf(access, claims, context.settings.pools, merchantOf);
  return httpHandler((event, lambda) => respond(routes, whoCalls, event, lambda));
}

/** One log line for each request (LE-5), and a response whatever happens. */
export const httpHandler = (
  answer: (event: HttpEvent, context: Context) => Promise<HttpResponse>,
) =>
  middy<unknown, APIGatewayProxyStructuredResultV2>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(publishMetrics())
    .handler(async (raw: unknown, context: Context) => {
      const started = performance.now();
      const event = httpEvent.parse(raw);
      const id = event.requestContext.requestId;
      const result = await answer(event, context).catch((error: unknown) => faultOf(error, id));
      const status = result.status;
      const kind =
        status >= 500 ? 'error' : status === 401 || status === 403 ? 'security' : 'access';
      log(kind, 'REQUEST_COMPLETED', {
        request_id: id,
        route: event.routeKey,
        status,
        latency_ms: Math.round(performance.now() - started),
        idempotency_key: event.headers['idempotency-key'],
        replayed: result.replayed,
      });
      return toGateway(result, id);
    });
