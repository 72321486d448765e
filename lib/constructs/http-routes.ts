import { Duration, Validations } from 'aws-cdk-lib';
import {
  CfnApi,
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { z } from 'zod';
import {
  type Access,
  API_PREFIX,
  type Grant,
  type Operation,
} from '../../lambdas/http/operation.ts';
import type { Stage } from '../stage-schema.ts';
import { AccessLoggedStage } from './access-logged-stage.ts';
import type { GroupFunction } from './function-groups.ts';

type Authorizers = Readonly<Record<Exclude<Access, 'anyone'>, IHttpRouteAuthorizer>>;

export type HttpRoutesProps = {
  readonly stage: Stage;
  readonly functions: readonly GroupFunction[];
  /** Responds 404 or 405, in the API's envelope, to requests that match no route. */
  readonly notFound: IFunction;
  /** Each accepts tokens of its own user pool only. */
  readonly authorizers: Authorizers;
};

const ROUTE = z
  .string()
  .transform((route) => route.split(' '))
  .pipe(z.tuple([z.enum(HttpMethod), z.string().startsWith('/')]));

type Routed = Pick<Operation, 'route' | 'access' | 'grants'>;

const routeKeyOf = ({ route }: Routed): HttpRouteKey => {
  const [method, path] = ROUTE.parse(route);
  return HttpRouteKey.with(`${API_PREFIX}${path}`, method);
};

/** Sign-ins at a user pool. Cognito limits them for all pools of an account together. */
const signsIn = (grant: Grant): boolean =>
  typeof grant === 'object' &&
  (('merchants' in grant && grant.merchants === 'InitiateAuth') ||
    ('admins' in grant && grant.admins === 'InitiateAuth'));

/** Routes that anyone can call, that handle credentials or try a password. They have a lower throttle. */
const isOpen = ({ route, access, grants }: Routed): boolean =>
  access === 'anyone' || route.includes('/auth/') || grants.some(signsIn);

const ALLOW_HEADERS = ['authorization', 'content-type', 'idempotency-key', 'if-match'];
const EXPOSE_HEADERS = ['x-request-id', 'idempotency-replayed', 'retry-after', 'location', 'etag'];
const ALLOW_METHODS = [
  CorsHttpMethod.GET,
  CorsHttpMethod.POST,
  CorsHttpMethod.PATCH,
  CorsHttpMethod.PUT,
  CorsHttpMethod.DELETE,
];

const corsOf = (stage: Stage): CorsPreflightOptions => ({
  allowOrigins: stage.corsOrigins,
  allowHeaders: ALLOW_HEADERS,
  allowMethods: ALLOW_METHODS,
  exposeHeaders: EXPOSE_HEADERS,
  maxAge: Duration.hours(1),
});

/** Records why a route has no authorizer. */
const acknowledgeOpen = (route: HttpRoute, reason: string): void => {
  Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason });
};

/** The HTTP API: one gateway route for each operation of every group. */
export class HttpRoutes extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: HttpRoutesProps) {
    super(scope, id);
    const { stage, functions, notFound, authorizers } = props;
    this.api = this.#httpApi(stage);
    const openRoutes = new Map<string, HttpRoute>();
    for (const { operations, handler } of functions) {
      const integration = this.#integration(handler);
      for (const operation of operations) {
        const route = this.#route(operation, integration, authorizers);
        if (isOpen(operation)) openRoutes.set(routeKeyOf(operation).key, route);
      }
    }
    this.#defaultRoute(notFound);
    new AccessLoggedStage(this, 'Stage', { stage, api: this.api, openRoutes });
  }

  #httpApi(stage: Stage): HttpApi {
    const api = new HttpApi(this, 'Api', {
      apiName: `surety-${stage.name}`,
      createDefaultStage: false,
      ...(stage.corsOrigins.length === 0 ? {} : { corsPreflight: corsOf(stage) }),
    });
    const { defaultChild } = api.node;
    if (stage.corsOverride && defaultChild instanceof CfnApi) {
      defaultChild.addPropertyOverride('CorsConfiguration.allowOrigins', stage.corsOrigins);
      defaultChild.addPropertyOverride('CorsConfiguration.allowHeaders', ALLOW_HEADERS);
      defaultChild.addPropertyOverride('CorsConfiguration.allowMethods', ALLOW_METHODS);
      defaultChild.addPropertyOverride('CorsConfiguration.exposeHeaders', EXPOSE_HEADERS);
      defaultChild.addPropertyOverride('CorsConfiguration.maxAge', 3600);
      Validations.of(defaultChild).acknowledge({
        id: 'CloudFormation-Validate::F3002',
        reason: 'The local cloud reads CORS settings only under these names. AWS never gets them.',
      });
    }
    return api;
  }

  /** One invoke permission per function. The gateway calls a function only for its routes. */
  #integration(handler: IFunction): HttpLambdaIntegration {
    return new HttpLambdaIntegration(handler.node.id, handler, { scopePermissionToRoute: false });
  }

  #route(
    operation: Routed,
    integration: HttpLambdaIntegration,
    authorizers: Authorizers,
  ): HttpRoute {
    const gatewayRoute = new HttpRoute(this, operation.route, {
      httpApi: this.api,
      routeKey: routeKeyOf(operation),
      integration,
      // The gateway checks the token. The function checks that a merchant or an admin belongs to it.
      ...(operation.access === 'anyone' ? {} : { authorizer: authorizers[operation.access] }),
    });
    if (operation.access === 'anyone') {
      acknowledgeOpen(gatewayRoute, 'Clients call it before they have a token.');
    }
    return gatewayRoute;
  }

  #defaultRoute(notFound: IFunction): void {
    const route = new HttpRoute(this, 'Default', {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      // With a permission of its own, `{api}/*/*`. The gateway calls it as `{api}/{stage}/$default`,
      // which has one segment fewer than the permission of the other functions, `{api}/*/*/*`.
      integration: new HttpLambdaIntegration(notFound.node.id, notFound),
    });
    acknowledgeOpen(route, 'Responds 404 or 405 and has no other effect, so it needs no token.');
  }
}
