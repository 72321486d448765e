import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import * as z from 'zod';
import { isPassing } from '../ledger/commit.ts';
import { log, logger } from '../platform/logger.ts';
import { fieldErrors } from './field-errors.ts';
import { type Answer, type FieldError, failure } from './response.ts';
import { API_PREFIX, ROUTES, type RouteName } from './routes.ts';

/** Who calls: the token's own words, checked by the gateway's authorizer. */
export type Caller = { readonly sub: string; readonly isAdmin: boolean };

/** One request, stripped of HTTP, beside its input. */
export type Call = {
  readonly id: string;
  readonly caller: Caller;
  /** The Idempotency-Key, or a fresh one where the operation can do without. */
  readonly key: string;
  /** What a repeat must match: method, actual path, query and whole body, as sent. */
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: string;
    readonly body: unknown;
  };
  readonly context: Context;
};

/** Whether an Idempotency-Key must be there; where it depends, the raw request tells. */
type KeyNeed = 'required' | 'optional';
type KeyRule = KeyNeed | ((raw: RawInput) => KeyNeed);
export type Endpoint = (call: Omit<Call, 'key'>, raw: RawInput) => Promise<Answer>;
type RawInput = {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly key: string | undefined;
};

const KEY = /^[A-Za-z0-9._:-]{1,128}$/;

/** An operation behind its form: what reaches `handle` has the right shape, and nothing else was decided. */
export const endpoint =
  <Schema extends z.ZodType>(
    keyRule: KeyRule,
    schema: Schema,
    handle: (input: z.output<Schema>, call: Call) => Promise<Answer>,
  ): Endpoint =>
  async (call, input) => {
    const { key, ...raw } = input;
    const need = typeof keyRule === 'function' ? keyRule(input) : keyRule;
    if (key === undefined && need === 'required')
      return failure('idempotency_key_required', call.id);
    const errors: FieldError[] =
      key === undefined || KEY.test(key)
        ? []
        : [{ field: 'Idempotency-Key', reason: 'idempotency_key_malformed' }];
    const parsed = schema.safeParse(raw);
    if (!parsed.success) errors.push(...fieldErrors(parsed.error, raw));
    if (!parsed.success || errors.length > 0) return failure('invalid_request', call.id, errors);
    return handle(parsed.data, { ...call, key: key ?? crypto.randomUUID() });
  };

/** The endpoints of one function: a route of its family that is missing here does not compile. */
export type Family<Name extends string> = {
  readonly [R in RouteName as (typeof ROUTES)[R]['family'] extends Name ? R : never]: Endpoint;
};

/** API Gateway's HTTP API event (payload 2.0), as much of it as we read. */
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
    http: z.object({ method: z.string() }),
    authorizer: z
      .object({ jwt: z.object({ claims: z.record(z.string(), z.unknown()) }) })
      .optional(),
  }),
});
type HttpEvent = z.output<typeof httpEvent>;

const isRoute = (name: string): name is RouteName => name in ROUTES;

/** Amounts of JSON we read; the gateway itself takes 10 MB. */
const MOST_BYTES = 32 * 1024;

/** The claim arrives as one string, `[admins ops]`; a group is a whole word of it. */
const groupsOf = (claim: unknown): readonly string[] =>
  typeof claim === 'string' ? claim.replace(/^\[|\]$/g, '').split(' ') : [];

function callerOf(event: HttpEvent): Caller | undefined {
  const claims = event.requestContext.authorizer?.jwt.claims ?? {};
  // The authorizer also lets ID tokens through.
  if (claims['token_use'] !== 'access' || typeof claims['sub'] !== 'string') return undefined;
  return { sub: claims['sub'], isAdmin: groupsOf(claims['cognito:groups']).includes('admins') };
}

type Body =
  | { readonly kind: 'json'; readonly value: z.core.util.JSONType }
  | { readonly kind: 'none' };
function bodyOf({ body, isBase64Encoded }: HttpEvent): Body | 'malformed_json' | 'body_too_large' {
  if (!body) return { kind: 'none' };
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MOST_BYTES) return 'body_too_large';
  try {
    return { kind: 'json', value: JSON.parse(bytes.toString('utf8')) };
  } catch {
    return 'malformed_json';
  }
}

/** From an event to an answer: token, then form, then the operation. */
async function respond(
  endpoints: Partial<Record<RouteName, Endpoint>>,
  event: HttpEvent,
  context: Context,
): Promise<Answer> {
  const id = event.requestContext.requestId;
  const name = event.routeKey.replace(API_PREFIX, '');
  const handle = isRoute(name) ? endpoints[name] : undefined;
  if (!isRoute(name) || handle === undefined) return failure('unknown_route', id);
  const { access } = ROUTES[name];
  const caller = access === 'anyone' ? { sub: '', isAdmin: false } : callerOf(event);
  if (caller === undefined) return failure('access_token_required', id);
  if (access === 'admin' && !caller.isAdmin) return failure('admin_only', id);
  const { method } = event.requestContext.http;
  const body = method === 'GET' ? ({ kind: 'none' } as const) : bodyOf(event);
  if (typeof body === 'string') return failure(body, id);
  const value = body.kind === 'json' ? body.value : undefined;
  return handle(
    {
      id,
      caller,
      context,
      request: { method, path: event.rawPath, query: event.rawQueryString, body: value ?? null },
    },
    {
      params: event.pathParameters ?? {},
      query: event.queryStringParameters ?? {},
      body: value,
      key: event.headers['idempotency-key'],
    },
  );
}

/** Cognito's words for its own limits; DynamoDB's throttling is among the passing errors. */
const THROTTLED = new Set([
  'LimitExceededException',
  'TooManyRequestsException',
  'UnexpectedLambdaException',
]);
const isThrottled = (error: unknown): boolean =>
  error instanceof Error && THROTTLED.has(error.name);

const ourFault = (error: unknown, id: string): Answer => {
  log('error', 'REQUEST_FAILED', { request_id: id }, error);
  if (isThrottled(error)) return failure('too_many_requests', id);
  return failure(isPassing(error) ? 'busy' : 'internal_error', id);
};

const toGateway = (
  { status, body, replayed, headers }: Answer,
  id: string,
): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
    'cache-control': 'no-store',
    'x-request-id': id,
    ...(replayed && { 'idempotency-replayed': 'true' }),
    ...headers,
  },
  body,
});

/** Every HTTP function is this bundle around the endpoints of its family. */
export const httpFamily = (endpoints: Partial<Record<RouteName, Endpoint>>) =>
  httpFunction((event, context) => respond(endpoints, event, context));

/** The bundle itself: one log line a request (LE-5), and an answer whatever happens. */
export const httpFunction = (answer: (event: HttpEvent, context: Context) => Promise<Answer>) =>
  middy<unknown, APIGatewayProxyStructuredResultV2>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .handler(async (raw: unknown, context: Context) => {
      const started = performance.now();
      const event = httpEvent.parse(raw);
      const id = event.requestContext.requestId;
      const result = await answer(event, context).catch((error: unknown) => ourFault(error, id));
      const status = result.status;
      const kind =
        status >= 500 ? 'error' : status === 401 || status === 403 ? 'security' : 'access';
      log(kind, 'REQUEST_COMPLETED', {
        request_id: id,
        merchant: callerOf(event)?.sub,
        route: event.routeKey,
        status,
        latency_ms: Math.round(performance.now() - started),
        idempotency_key: event.headers['idempotency-key'],
        replayed: result.replayed,
      });
      return toGateway(result, id);
    });
