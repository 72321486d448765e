import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type HttpApi, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Stage } from '../stage-schema.ts';
import { keepLogs } from './removal.ts';

/** LE-5: one JSON line for each request, also for those that reach no function (401, 429). */
const LINE = {
  requestId: '$context.requestId',
  at: '$context.requestTime',
  route: '$context.routeKey',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integrationLatency',
  // The claims as a whole are empty here; each must be named.
  merchant: '$context.authorizer.claims.sub',
  authorizerError: '$context.authorizer.error',
  integrationError: '$context.integrationErrorMessage',
  error: '$context.error.message',
  sourceIp: '$context.identity.sourceIp',
};

export type AccessLoggedStageProps = { readonly stage: Stage; readonly api: HttpApi };

/** The one gateway stage: deployed with the stack, throttled, and logged. */
export class AccessLoggedStage extends HttpStage {
  constructor(scope: Construct, id: string, { stage, api }: AccessLoggedStageProps) {
    const logs = new LogGroup(scope, `${id}Logs`, {
      // Under this prefix CloudWatch lets the gateway write without a policy that fills up.
      logGroupName: `/aws/vendedlogs/surety-${stage.name}-api`,
      retention: stage.logRetention,
      removalPolicy: keepLogs(stage),
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
  }
}
