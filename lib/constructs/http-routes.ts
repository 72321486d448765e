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
import { API_PREFIX, ROUTES, type RouteName } from '../../lambdas/http/routes.ts';
import type { Stage } from '../stage-schema.ts';
import { AccessLoggedStage } from './access-logged-stage.ts';

/** Total: a family in the route table without a function does not compile. */
export type FamilyFunctions = Record<(typeof ROUTES)[RouteName]['family'], IFunction>;

export type HttpRoutesProps = {
  readonly stage: Stage;
  readonly families: FamilyFunctions;
  /** Answers whatever no route matches, in the envelope: 404 and 405. */
  readonly notFound: IFunction;
  readonly authorizer: IHttpRouteAuthorizer;
};

const ROUTE_NAME = z
  .string()
  .transform((name) => name.split(' '))
  .pipe(z.tuple([z.enum(HttpMethod), z.string().startsWith('/')]));

const ALLOW_HEADERS = ['authorization', 'content-type', 'idempotency-key'];
const EXPOSE_HEADERS = ['x-request-id', 'idempotency-replayed', 'retry-after'];
const ALLOW_METHODS = [
  CorsHttpMethod.GET,
  CorsHttpMethod.POST,
  CorsHttpMethod.PATCH,
  CorsHttpMethod.DELETE,
];

const corsOf = (stage: Stage): CorsPreflightOptions => ({
  allowOrigins: stage.corsOrigins,
  allowHeaders: ALLOW_HEADERS,
  allowMethods: ALLOW_METHODS,
  exposeHeaders: EXPOSE_HEADERS,
  maxAge: Duration.hours(1),
});

/** Some routes must be open to everyone; each says why. */
const open = (route: HttpRoute, reason: string): void => {
  Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason });
};

/** The HTTP API: one gateway route for each row of the route table. */
export class HttpRoutes extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: HttpRoutesProps) {
    super(scope, id);
    this.api = this.httpApi(props.stage);
    new AccessLoggedStage(this, 'Stage', { stage: props.stage, api: this.api });
    this.routes(props);
  }

  private httpApi(stage: Stage): HttpApi {
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
        reason: 'The local cloud reads CORS settings only under these names; AWS never sees them.',
      });
    }
    return api;
  }

  private routes({ families, notFound, authorizer }: HttpRoutesProps): void {
    const integrations = new Map<IFunction, HttpLambdaIntegration>();
    const integrationOf = (handler: IFunction) => {
      const made =
        integrations.get(handler) ??
        // One permission for each function: the gateway calls it by the routes below, or not at all.
        new HttpLambdaIntegration(handler.node.id, handler, { scopePermissionToRoute: false });
      integrations.set(handler, made);
      return made;
    };
    for (const [name, { family, access }] of Object.entries(ROUTES)) {
      const [method, path] = ROUTE_NAME.parse(name);
      const route = new HttpRoute(this, name, {
        httpApi: this.api,
        routeKey: HttpRouteKey.with(`${API_PREFIX}${path}`, method),
        integration: integrationOf(families[family]),
        // The gateway knows who calls; whether that is an admin, the function decides.
        ...(access === 'anyone' ? {} : { authorizer }),
      });
      if (access === 'anyone') open(route, 'Needed to get a token, or to see that the API is up.');
    }
    const unmatched = new HttpRoute(this, 'Default', {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: integrationOf(notFound),
    });
    open(unmatched, 'Answers 404 and 405 and does nothing else: nobody needs a token for that.');
  }
}
