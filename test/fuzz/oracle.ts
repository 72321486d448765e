import * as z from 'zod';
import { FIELD_PROBLEMS } from '../../lambdas/http/problems.ts';
import { REASONS } from '../../lambdas/ledger/reasons.ts';
import type { Caller } from './caller.ts';
import { type Exchange, jsonOf, type ReceivedResponse, type SentRequest } from './exchange.ts';

const bilingual = z.strictObject({ en: z.string().min(1), fa: z.string().min(1) });
const successBody = z.strictObject({ status: z.int(), message: bilingual, data: z.unknown() });
const problemBody = z.strictObject({
  type: z.string(),
  title: z.string().min(1),
  status: z.int(),
  detail: z.string().min(1),
  code: z.string(),
  message: bilingual,
  values: z.record(z.string(), z.string()).optional(),
  errors: z
    .array(z.strictObject({ field: z.string(), code: z.string(), message: bilingual }))
    .min(1)
    .max(20)
    .optional(),
  more_errors: z.int().min(1).optional(),
  request_id: z.string().min(1),
  retryable: z.boolean(),
});
type Problem = z.infer<typeof problemBody>;
const page = z.strictObject({ items: z.array(z.unknown()), next_cursor: z.string().nullable() });

const known = new Map<string, { readonly status: number; readonly retryable: boolean }>(
  Object.entries(REASONS),
);

/** What API Gateway answers itself, outside the envelope. */
const GATEWAY = z.strictObject({ message: z.string() });
const GATEWAY_STATUSES = new Set([401, 413, 429]);

/** A line of a stack trace. */
const STACK = /at .*\.(ts|js|mjs):\d/;
const BALANCES = ['available', 'pending', 'utilised', 'lent', 'in_flight', 'limit', 'total', 'fee'];
const NEGATIVE = new RegExp(`"(${BALANCES.join('|')})":"-`);

const MERCHANTS: readonly Caller['kind'][] = ['stable', 'changeable'];
/** Whether a token may open this route: merchants and admins have a user pool each. */
function isValidToken({ caller, target }: SentRequest): boolean {
  const access = target.kind === 'operation' ? target.access : 'anyone';
  const isMerchant = MERCHANTS.includes(caller.kind);
  const isAdmin = caller.kind === 'admin';
  if (access === 'anyone') return isMerchant || isAdmin;
  return access === 'admin' ? isAdmin : isMerchant;
}

const inEnvelope = ({ status, headers }: ReceivedResponse): readonly string[] => {
  const wanted = status < 400 ? 'application/json' : 'application/problem+json';
  return [
    ...(headers['content-type']?.split(';')[0] === wanted ? [] : [`content-type is not ${wanted}`]),
    ...(headers['x-request-id'] ? [] : ['the response has no X-Request-Id']),
    ...(headers['cache-control'] === 'no-store' ? [] : ['the response can be cached']),
  ];
};

function findingsInProblem(problem: Problem, { status, headers }: ReceivedResponse) {
  const { code, type, errors, request_id: id, retryable } = problem;
  const reason = known.get(code);
  const wrongFields = (errors ?? []).filter((each) => !Object.hasOwn(FIELD_PROBLEMS, each.code));
  const isReplay = headers['idempotency-replayed'] === 'true';
  return [
    ...(reason === undefined ? [`the code ${code} is unknown`] : []),
    ...(problem.status === status ? [] : [`the body says ${problem.status}`]),
    ...(reason === undefined || reason.status === status ? [] : [`${code} is not a ${status}`]),
    ...(reason === undefined || reason.retryable === retryable ? [] : ['retryable is wrong']),
    ...(type === `urn:surety:problem:${code}` ? [] : [`the type ${type} does not fit`]),
    ...((errors !== undefined) === (code === 'invalid_request') ? [] : ['errors do not fit']),
    ...wrongFields.map((each) => `the field code ${each.code} is unknown`),
    // A replay has the request id of the first response.
    ...(isReplay || id === headers['x-request-id'] ? [] : ['request_id is not X-Request-Id']),
    ...((headers['retry-after'] !== undefined) === retryable ? [] : ['Retry-After does not fit']),
  ];
}

/** A quote can be used for 30 seconds, and not be read. */
const UNREADABLE = 'POST /conversions/quotes';
function isLocated({ target }: SentRequest, { status, headers }: ReceivedResponse): boolean {
  if (target.kind === 'operation' && target.route === UNREADABLE) return true;
  return (status === 201 || status === 202) === (headers['location'] !== undefined);
}

function findingsInBody(request: SentRequest, response: ReceivedResponse): readonly string[] {
  const { status, text } = response;
  const body = jsonOf(text);
  if (status >= 400) {
    const problem = problemBody.safeParse(body);
    return problem.success
      ? [...inEnvelope(response), ...findingsInProblem(problem.data, response)]
      : ['the body is no problem document'];
  }
  const success = successBody.safeParse(body);
  if (!success.success) return ['the body is no success envelope'];
  const { target } = request;
  const isList = target.kind === 'operation' && target.isList;
  return [
    ...inEnvelope(response),
    ...(success.data.status === status ? [] : [`the body says ${success.data.status}`]),
    ...(isLocated(request, response) ? [] : ['Location does not fit']),
    ...(isList && !page.safeParse(success.data.data).success ? ['the list is no page'] : []),
  ];
}

/** Whether the caller may call the operation: decided before anything else about the request. */
function findingsInAccess(request: SentRequest, { status }: ReceivedResponse): readonly string[] {
  const { target, method } = request;
  if (target.kind === 'unclear' || method === 'OPTIONS') return [];
  if (target.kind === 'none') return status < 400 ? ['a path without operation succeeds'] : [];
  if (target.access === 'anyone') return [];
  if (isValidToken(request) || status === 401) return [];
  return ['a caller without a valid token is not refused with 401'];
}

const codeIn = (text: string): unknown => problemBody.safeParse(jsonOf(text)).data?.code;
const isUndecided = ({ text }: ReceivedResponse): boolean =>
  ['busy', 'request_in_progress'].includes(String(codeIn(text)));

function findingsInExpectation(
  { expects }: SentRequest,
  response: ReceivedResponse,
): readonly string[] {
  if (isUndecided(response)) return [];
  switch (expects.kind) {
    case 'any':
      return [];
    case 'replay':
      return [
        ...(response.status === expects.status && response.text === expects.text
          ? []
          : [`the repeat differs from the first response, ${expects.status} ${expects.text}`]),
        ...(response.headers['idempotency-replayed'] === 'true' ? [] : ['no Idempotency-Replayed']),
      ];
    case 'key-reused':
      return codeIn(response.text) === 'idempotency_key_reused'
        ? []
        : ['the key of another request is accepted'];
    case 'page':
      return response.status === 200 ? [] : ['the next page of a list is refused'];
  }
}

/** Answered by the gateway, not by a function. */
const isOfGateway = (request: SentRequest, { status, text }: ReceivedResponse): boolean =>
  GATEWAY_STATUSES.has(status) &&
  GATEWAY.safeParse(jsonOf(text)).success &&
  (status !== 401 || request.target.kind === 'unclear' || !isValidToken(request));

/** Everything that is wrong with one response. */
export function findingsIn({ request, response }: Exchange): readonly string[] {
  const { status, text } = response;
  const isPreflight = request.method === 'OPTIONS' && status === 204;
  // A response to HEAD has no body.
  const hasBody = request.method !== 'HEAD';
  const isBusy = status === 503 && codeIn(text) === 'busy';
  return [
    ...(status >= 500 && !isBusy ? [`the status is ${status}`] : []),
    ...(STACK.test(text) ? ['the response has a stack trace'] : []),
    ...(NEGATIVE.test(text) ? ['a balance is negative'] : []),
    ...(hasBody && !isPreflight && !isOfGateway(request, response)
      ? findingsInBody(request, response)
      : []),
    ...findingsInAccess(request, response),
    ...findingsInExpectation(request, response),
  ];
}
