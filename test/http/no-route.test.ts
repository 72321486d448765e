import { describe, expect, it } from '@jest/globals';
import { noRoute } from '../../lambdas/http/no-route.ts';
import { httpFunction } from '../../lambdas/http/router.ts';
import { API_PREFIX, ROUTES, type RouteName } from '../../lambdas/http/routes.ts';
import { expectProblem } from '../harness/http-caller.ts';
import { httpEvent, lambdaContext, replyOf } from '../harness/http-event.ts';

const handler = httpFunction(async ({ rawPath, requestContext }) =>
  noRoute(rawPath, requestContext.requestId),
);
/** What no route took comes as `$default`, without a word about its token. */
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

const names = Object.keys(ROUTES) as RouteName[];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const pathOf = (name: RouteName): string => name.split(' ')[1] ?? '';
const paths = [...new Set(names.map(pathOf))].map((path) => {
  const taken = names.filter((name) => pathOf(name) === path).map((name) => name.split(' ')[0]);
  return [path, taken.toSorted().join(', ')] as const;
});

describe('AP-3: a path we know by a method it does not take', () => {
  it.each(paths)('%s takes only %s', async (path, taken) => {
    const actual = `${API_PREFIX}${path.replaceAll(/\{\w+\}/g, 'Some-id.1')}`;
    for (const method of METHODS.filter((each) => !taken.includes(each))) {
      const reply = await call(method, actual);
      expectProblem(reply, 405, 'method_not_allowed');
      expect(reply.headers['allow']?.split(', ').toSorted().join(', ')).toBe(taken);
    }
  });
});

describe('AP-3: a path nobody knows', () => {
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
  ])('%s is not found, by any method', async (path) => {
    for (const method of METHODS) {
      const reply = await call(method, path);
      expectProblem(reply, 404, 'unknown_route');
      expect(reply.headers).not.toHaveProperty('allow');
    }
  });
});

it('WD-4: settlement has no route', () => {
  expect(names.filter((name) => /settle|relay|queue|bank/.test(name))).toEqual([]);
});

it('AP-7: only what signs in or watches needs no token', () => {
  const open = names.filter((name) => ROUTES[name].access === 'anyone');
  expect(open).toEqual([
    'POST /auth/register',
    'POST /auth/token',
    'POST /auth/refresh',
    'GET /health',
  ]);
  const admin = names.filter((name) => ROUTES[name].access === 'admin');
  expect(admin).toEqual(names.filter((name) => pathOf(name).startsWith('/admin/')));
});
