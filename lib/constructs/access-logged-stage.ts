import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnStage,
  type HttpApi,
  type HttpRoute,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Stage } from '../stage-schema.ts';
import { logRemoval, nameForStack } from './removal.ts';

/** LE-5: one JSON line per request, including requests that reach no function (401, 429). */
const LINE = {
  requestId: '$context.requestId',
  at: '$context.requestTime',
  route: '$context.routeKey',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integrationLatency',
  // `claims` as a whole is empty in access logs. Each claim needs its name.
  user: '$context.authorizer.claims.sub',
  authorizerError: '$context.authorizer.error',
  integrationError: '$context.integrationErrorMessage',
  error: '$context.error.message',
  sourceIp: '$context.identity.sourceIp',
};

export type AccessLoggedStageProps = {
  readonly stage: Stage;
  readonly api: HttpApi;
  /** The routes with the lower throttle, by route key. */
  readonly openRoutes: ReadonlyMap<string, HttpRoute>;
};

const settingsOf = ({ rate, burst }: Stage['throttle']['openRoute']) => ({
  ThrottlingRateLimit: rate,
  ThrottlingBurstLimit: burst,
});

/** The only stage of the HTTP API, with throttling and access logs. Deploys with the stack. */
export class AccessLoggedStage extends HttpStage {
  constructor(scope: Construct, id: string, { stage, api, openRoutes }: AccessLoggedStageProps) {
    const logs = new LogGroup(scope, `${id}Logs`, {
      // With this prefix CloudWatch needs no entry in the account's log resource policy, which has
      // a size limit.
      logGroupName: nameForStack(scope, `/aws/vendedlogs/surety-${stage.name}-api`),
      retention: stage.logRetention,
      removalPolicy: logRemoval(stage),
    });
    super(scope, id, {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: stage.throttle.rate, burstLimit: stage.throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.custom(JSON.stringify(LINE)),
      },
    });
    const { defaultChild } = this.node;
    if (!(defaultChild instanceof CfnStage)) throw new Error('The stage has no CfnStage');
    const settings = settingsOf(stage.throttle.openRoute);
    defaultChild.routeSettings = Object.fromEntries(
      [...openRoutes.keys()].map((routeKey) => [routeKey, settings]),
    );
    // API Gateway rejects settings of a route that does not exist yet.
    this.node.addDependency(...openRoutes.values());
  }
}
