import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { API_PREFIX } from '../../lambdas/http/operation.ts';
import { GROUPS } from '../../lambdas/operations/index.ts';
import { inside, resourcesOf, STAGE_NAMES, stacksOf, theResource } from '../harness/templates.ts';

const STAGE = 'production';
const functions = resourcesOf(STAGE, 'AWS::Lambda::Function');
const operations = GROUPS.flatMap((group) =>
  group.operations.map(({ route, access }) => ({ route, access, group: group.name })),
);

const GATEWAY_ROUTE = { RouteKey: z.string(), AuthorizationType: z.string() };
type GatewayRoute = { RouteKey: string; AuthorizationType: string; Target: unknown };

const gatewayRoutes = (): GatewayRoute[] =>
  resourcesOf(STAGE, 'AWS::ApiGatewayV2::Route').map(
    ([, { Properties }]) => Properties as unknown as GatewayRoute,
  );

/** The name of the function that serves a route. */
const functionBehind = ({ Target }: GatewayRoute): string => {
  const integrationId = /"Ref":"([^"]*)"/.exec(JSON.stringify(Target))?.[1] ?? '';
  const integration = theResource(STAGE, 'AWS::ApiGatewayV2::Integration', integrationId);
  const functionId = /"Fn::GetAtt":\["([^"]*)"/.exec(JSON.stringify(integration.Properties))?.[1];
  const found = functions.find(([id]) => id === functionId)?.[1].Properties as
    | { FunctionName: string }
    | undefined;
  return found?.FunctionName ?? 'none';
};

describe('the HTTP API', () => {
  it.each(operations)('routes $route to its group, with its authorizer', (operation) => {
    const { route, access, group } = operation;
    const [method, path] = route.split(' ');
    const found = gatewayRoutes().filter(
      ({ RouteKey }) => RouteKey === `${method} ${API_PREFIX}${path}`,
    );
    expect(found).toHaveLength(1);
    expect(found.map(functionBehind)).toEqual([`surety-production-${group}`]);
    expect(found.map(({ AuthorizationType }) => AuthorizationType)).toEqual([
      access === 'anyone' ? 'NONE' : 'JWT',
    ]);
  });

  it('AP-3: routes all other requests to not-found, without a token', () => {
    const unmatched = gatewayRoutes().filter(({ RouteKey }) => RouteKey === '$default');
    expect(unmatched.map(functionBehind)).toEqual(['surety-production-not-found']);
    expect(unmatched.map(({ AuthorizationType }) => AuthorizationType)).toEqual(['NONE']);
  });

  it('has no other route', () => {
    expect(gatewayRoutes()).toHaveLength(operations.length + 1);
  });

  it('ID-3: requires a token, except to register, to sign in and for the health check', () => {
    const open = gatewayRoutes().filter(({ AuthorizationType }) => AuthorizationType !== 'JWT');
    expect(open.map(({ RouteKey }) => RouteKey).sort()).toEqual([
      '$default',
      'GET /api/v1/health',
      'POST /api/v1/admin/auth/challenge',
      'POST /api/v1/admin/auth/refresh',
      'POST /api/v1/admin/auth/token',
      'POST /api/v1/auth/challenge',
      'POST /api/v1/auth/refresh',
      'POST /api/v1/auth/register',
      'POST /api/v1/auth/token',
    ]);
  });

  it.each([
    ['Merchants', 'merchant'],
    ['Administrators', 'admin'],
  ])(
    'ID-3 ID-8: the authorizer of %s accepts only tokens of their pool and its client',
    (users, access) => {
      const [authorizer, ...others] = resourcesOf(STAGE, 'AWS::ApiGatewayV2::Authorizer').filter(
        ([, { Properties }]) => Properties['Name'] === users,
      );
      expect(others).toEqual([]);
      const [id, { Properties }] = authorizer ?? ['', { Properties: {} }];
      expect(Properties).toMatchObject({
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: {
          Audience: [{ 'Fn::ImportValue': expect.stringContaining(`Ref${users}PoolApi`) }],
          Issuer: {
            'Fn::Join': [
              '',
              expect.arrayContaining([
                expect.stringContaining('https://cognito-idp.eu-central-1.'),
                { 'Fn::ImportValue': expect.stringMatching(`Ref${users}Pool[0-9A-F]{8}`) },
              ]),
            ],
          },
        },
      });
      const routes = resourcesOf(STAGE, 'AWS::ApiGatewayV2::Route')
        .filter(([, route]) => inside(route.Properties, 'AuthorizerId', 'Ref') === id)
        .map(([, route]) => String(route.Properties['RouteKey']));
      const expected = operations.filter((operation) => operation.access === access);
      expect(routes.toSorted()).toEqual(
        expected.map(({ route }) => route.replace(' ', ' /api/v1')).toSorted(),
      );
    },
  );

  it('can invoke each function that has a route, and no other', () => {
    const invocable = resourcesOf(STAGE, 'AWS::Lambda::Permission').filter(
      ([, { Properties }]) => Properties['Principal'] === 'apigateway.amazonaws.com',
    );
    expect(invocable).toHaveLength(GROUPS.length + 1);
  });

  it('WD-8: throttles requests, and deploys with its stack', () => {
    expect(theResource(STAGE, 'AWS::ApiGatewayV2::Stage').Properties).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 1_000 },
    });
  });

  it.each(STAGE_NAMES)(
    'WD-8: throttles each route of %s that needs no token or handles credentials',
    (stage) => {
      const { throttle } = stacksOf(stage).stage;
      const open = resourcesOf(stage, 'AWS::ApiGatewayV2::Route')
        .map(([id, { Properties }]) => ({ id, ...z.object(GATEWAY_ROUTE).parse(Properties) }))
        .filter(
          ({ AuthorizationType, RouteKey }) =>
            RouteKey !== '$default' &&
            (AuthorizationType === 'NONE' ||
              RouteKey.includes('/auth/') ||
              // It asks for the password again.
              RouteKey === 'PATCH /api/v1/me'),
        );
      const gatewayStage = theResource(stage, 'AWS::ApiGatewayV2::Stage');
      expect(open.length).toBeGreaterThanOrEqual(4);
      expect(gatewayStage.Properties['RouteSettings']).toEqual(
        Object.fromEntries(
          open.map(({ RouteKey }) => [
            RouteKey,
            {
              ThrottlingRateLimit: throttle.openRoute.rate,
              ThrottlingBurstLimit: throttle.openRoute.burst,
            },
          ]),
        ),
      );
      expect(throttle.openRoute.rate).toBeLessThan(throttle.rate);
      // API Gateway rejects settings of a route that does not exist yet.
      expect(gatewayStage.DependsOn).toEqual(expect.arrayContaining(open.map(({ id }) => id)));
    },
  );

  it('LE-5: logs each request as one JSON line with user, route, status and latency', () => {
    const { Properties } = theResource(STAGE, 'AWS::ApiGatewayV2::Stage');
    const format = String(inside(Properties, 'AccessLogSettings', 'Format'));
    expect(JSON.parse(format)).toMatchObject({
      requestId: '$context.requestId',
      user: '$context.authorizer.claims.sub',
      route: '$context.routeKey',
      status: '$context.status',
      latencyMs: '$context.responseLatency',
      authorizerError: '$context.authorizer.error',
    });
  });

  it('lets pages of the listed origins send Idempotency-Key and If-Match, and read the response headers', () => {
    expect(theResource(STAGE, 'AWS::ApiGatewayV2::Api').Properties).toMatchObject({
      CorsConfiguration: {
        AllowOrigins: ['https://console.example.com'],
        AllowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match'],
        ExposeHeaders: ['x-request-id', 'idempotency-replayed', 'retry-after', 'location', 'etag'],
      },
    });
  });
});
