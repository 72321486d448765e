import { describe, expect, it } from '@jest/globals';
import { API_PREFIX, ROUTES } from '../../lambdas/http/routes.ts';
import { inside, resourcesOf, theResource } from '../harness/templates.ts';

const STAGE = 'production';
const functions = resourcesOf(STAGE, 'AWS::Lambda::Function');

type GatewayRoute = { RouteKey: string; AuthorizationType: string; Target: unknown };

const gatewayRoutes = (): GatewayRoute[] =>
  resourcesOf(STAGE, 'AWS::ApiGatewayV2::Route').map(
    ([, { Properties }]) => Properties as unknown as GatewayRoute,
  );

/** The name of the function a route leads to. */
const functionBehind = ({ Target }: GatewayRoute): string => {
  const integrationId = /"Ref":"([^"]*)"/.exec(JSON.stringify(Target))?.[1] ?? '';
  const integration = theResource(STAGE, 'AWS::ApiGatewayV2::Integration', integrationId);
  const functionId = /"Fn::GetAtt":\["([^"]*)"/.exec(JSON.stringify(integration.Properties))?.[1];
  const found = functions.find(([id]) => id === functionId)?.[1].Properties as
    | { FunctionName: string }
    | undefined;
  return found?.FunctionName ?? 'none';
};

describe('the gateway', () => {
  it.each(Object.entries(ROUTES))('leads %s to its family, past its authorizer', (name, route) => {
    const [method, path] = name.split(' ');
    const found = gatewayRoutes().filter(
      ({ RouteKey }) => RouteKey === `${method} ${API_PREFIX}${path}`,
    );
    expect(found).toHaveLength(1);
    expect(found.map(functionBehind)).toEqual([`surety-production-${route.family}`]);
    expect(found.map(({ AuthorizationType }) => AuthorizationType)).toEqual([
      route.access === 'anyone' ? 'NONE' : 'JWT',
    ]);
  });

  it('AP-3: leads everything else to not-found, which asks for no token', () => {
    const unmatched = gatewayRoutes().filter(({ RouteKey }) => RouteKey === '$default');
    expect(unmatched.map(functionBehind)).toEqual(['surety-production-not-found']);
    expect(unmatched.map(({ AuthorizationType }) => AuthorizationType)).toEqual(['NONE']);
  });

  it('has no route that the table does not know', () => {
    expect(gatewayRoutes()).toHaveLength(Object.keys(ROUTES).length + 1);
  });

  it('ID-3: accepts tokens of our user pool and our client only', () => {
    const { Properties } = theResource(STAGE, 'AWS::ApiGatewayV2::Authorizer');
    expect(Properties).toMatchObject({
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: {
        Audience: [{ 'Fn::ImportValue': expect.stringContaining('RefUsersPoolApi') }],
        Issuer: {
          'Fn::Join': [
            '',
            expect.arrayContaining([
              expect.stringContaining('https://cognito-idp.eu-central-1.'),
              { 'Fn::ImportValue': expect.stringContaining('RefUsersPool') },
            ]),
          ],
        },
      },
    });
  });

  it('can call each function that has a route, and no other', () => {
    const callable = resourcesOf(STAGE, 'AWS::Lambda::Permission').filter(
      ([, { Properties }]) => Properties['Principal'] === 'apigateway.amazonaws.com',
    );
    const families = new Set(Object.values(ROUTES).map(({ family }) => family));
    expect(callable).toHaveLength(families.size + 1);
  });

  it('WD-8: throttles, and deploys with its stack', () => {
    expect(theResource(STAGE, 'AWS::ApiGatewayV2::Stage').Properties).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 5_000, ThrottlingBurstLimit: 5_000 },
    });
  });

  it('LE-5: logs each request as one JSON line with its merchant, route, status and latency', () => {
    const { Properties } = theResource(STAGE, 'AWS::ApiGatewayV2::Stage');
    const format = String(inside(Properties, 'AccessLogSettings', 'Format'));
    expect(JSON.parse(format)).toMatchObject({
      requestId: '$context.requestId',
      merchant: '$context.authorizer.claims.sub',
      route: '$context.routeKey',
      status: '$context.status',
      latencyMs: '$context.responseLatency',
      authorizerError: '$context.authorizer.error',
    });
  });

  it('lets the pages of the named sites send an idempotency key and read if it was a replay', () => {
    expect(theResource(STAGE, 'AWS::ApiGatewayV2::Api').Properties).toMatchObject({
      CorsConfiguration: {
        AllowOrigins: ['https://console.example.com'],
        AllowHeaders: ['authorization', 'content-type', 'idempotency-key'],
        ExposeHeaders: ['x-request-id', 'idempotency-replayed', 'retry-after'],
      },
    });
  });
});
