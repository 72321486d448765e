import { describe, expect, it } from '@jest/globals';
import { noRoute } from '../../lambdas/http/no-route.ts';
import { API_PREFIX } from '../../lambdas/http/operation.ts';
import { httpHandler } from '../../lambdas/http/router.ts';
import { OPERATIONS, type RouteName } from '../../lambdas/operations/index.ts';
import { expectProblem } from '../harness/http-caller.ts';
import { httpEvent, lambdaContext, replyOf } from '../harness/http-event.ts';

const routes = OPERATIONS.map(({ route }) => route);
const respond = noRoute(routes);
const handler = httpHandler(async ({ rawPath, requestContext }) =>
  respond(rawPath, requestContext.requestId),
);
/** A request that matches no route reaches `$default`, without claims. */
const call = async (method: string, path: string) => {
  const event = httpEvent('GET /health', {});
  return replyOf(
    await handler(
      {
        ...event,
        routeKey: '$default',
        rawPath: path,
        requestContext: { ...event.requestContext, http: { method, path } },
      },
      lambdaContext,
    ),
  );
};

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const pathOf = (route: RouteName): string => route.split(' ')[1] ?? '';
const paths = [...new Set(routes.map(pathOf))].map((path) => {
  const methods = routes
    .filter((route) => pathOf(route) === path)
    .map((route) => route.split(' ')[0]);
  return [path, methods.toSorted().join(', ')] as const;
});

it('there are routes', () => {
  expect(routes.length).toBeGreaterThan(25);
  expect(new Set(routes).size).toBe(routes.length);
});

describe('AP-3: a known path with another method is refused', () => {
  it.each(paths)('%s accepts only %s', async (path, accepted) => {
    const actual = `${API_PREFIX}${path.replaceAll(/\{\w+\}/g, 'Some-id.1')}`;
    for (const method of METHODS.filter((each) => !accepted.includes(each))) {
      const reply = await call(method, actual);
      expectProblem(reply, 405, 'method_not_allowed');
      expect(reply.headers['allow']?.split(', ').toSorted().join(', ')).toBe(accepted);
    }
  });
});

describe('AP-3: an unknown path is not found', () => {
  it.each([
    '/',
    '/api',
    '/api/v1',
    '/api/v1/',
    '/api/v1/nothing',
    '/api/v2/me',
    '/me',
    '/api/v1/me/',
    '/api/v1/ME',
    '/api/v1/me/more',
    '/api/v1/withdrawals/',
    '/api/v1/withdrawals/a/b',
    '/api/v1/admin/merchants//approve',
    '/x/api/v1/me',
    '/settle',
    '/api/v1/settle',
    '/api/v1/{id}',
  ])('%s, by any method', async (path) => {
    for (const method of METHODS) {
      const reply = await call(method, path);
      expectProblem(reply, 404, 'unknown_route');
      expect(reply.headers).not.toHaveProperty('allow');
    }
  });
});

it('WD-4: settlement has no route', () => {
  expect(routes.filter((route) => /settle|relay|queue|bank/.test(route))).toEqual([]);
});

it('AP-7: only registration, sign-in and the health check need no token', () => {
  const routesOf = (access: string) =>
    OPERATIONS.filter((each) => each.access === access).map(({ route }) => route);
  expect(routesOf('anyone')).toEqual([
    'POST /auth/register',
    'POST /auth/token',
    'POST /auth/refresh',
    'POST /auth/challenge',
    'POST /admin/auth/token',
    'POST /admin/auth/refresh',
    'POST /admin/auth/challenge',
    'GET /health',
  ]);
  expect(routesOf('admin')).toEqual(
    routes.filter((route) => /^\/admin\/(?!auth\/)/.test(pathOf(route))),
  );
});
