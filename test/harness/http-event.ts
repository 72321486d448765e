import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { API_PREFIX } from '../../lambdas/http/operation.ts';
import { OPERATIONS, type RouteName } from '../../lambdas/operations/index.ts';
import type { Reply, Request } from './harness.ts';
import { adminClaims, merchantClaims } from './sign-ins.ts';

export const lambdaContext: Context = {
  callbackWaitsForEmptyEventLoop: false,
  functionName: 'test',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:test',
  memoryLimitInMB: '512',
  awsRequestId: '1',
  logGroupName: 'g',
  logStreamName: 's',
  getRemainingTimeInMillis: () => 20_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};

/** A response as a client receives it, with its body parsed. */
export function replyOf({
  body: text = '',
  statusCode,
  headers,
}: APIGatewayProxyStructuredResultV2): Reply {
  return {
    status: statusCode ?? 0,
    headers: headers as Record<string, string>,
    text,
    body: JSON.parse(text),
  };
}

/** The gateway's event (HTTP API, payload 2.0) of a request whose token the authorizer has verified. */
export function httpEvent(route: RouteName, request: Request) {
  const [method = '', path = ''] = route.split(' ');
  const params = request.params ?? {};
  const actual = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  const text = typeof request.body === 'string' ? request.body : JSON.stringify(request.body);
  return {
    version: '2.0',
    routeKey: `${method} ${API_PREFIX}${path}`,
    rawPath: `${API_PREFIX}${actual}`,
    rawQueryString: new URLSearchParams(request.query).toString(),
    headers: {
      'content-type': 'application/json',
      ...(request.key !== undefined && { 'idempotency-key': request.key }),
      ...request.headers,
    },
    ...(request.query && { queryStringParameters: request.query }),
    pathParameters: request.params ?? null,
    ...(text !== undefined && { body: text }),
    isBase64Encoded: false,
    requestContext: {
      requestId: randomUUID(),
      http: { method, path: actual, sourceIp: '192.0.2.1' },
      ...(accessOf(route) !== 'anyone' && {
        authorizer: { jwt: { claims: request.claims ?? claimsOf(request) } },
      }),
    },
  };
}

const accessOf = (route: RouteName): string =>
  OPERATIONS.find((each) => each.route === route)?.access ?? 'anyone';

const claimsOf = ({ as, admin }: Request): Record<string, string> =>
  admin ? adminClaims(as) : merchantClaims(as ?? 'nobody');
