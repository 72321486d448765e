import { Duration, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import {
  type BundlingOptions,
  Charset,
  NodejsFunction,
  OutputFormat,
} from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { z } from 'zod';
import type { Stage } from '../stage-schema.ts';
import { keepLogs } from './removal.ts';

type EnvSchema = z.ZodObject<Record<string, z.ZodType<unknown, string>>>;

export type SuretyFunctionProps<Schema extends EnvSchema> = {
  readonly stage: Stage;
  /** Of the entry file in lambdas/functions/, of the function and of its logs. */
  readonly name: string;
  /** The schema the function parses process.env with. It types `environment` below. */
  readonly env: Schema;
  readonly environment: z.input<Schema>;
  /** What a merchant or operator loses while this fails. Becomes the alarm text. */
  readonly impact: string;
  readonly timeout?: Duration;
};

const BUNDLING: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  minify: true,
  sourceMap: true,
  sourcesContent: false,
  mainFields: ['module', 'main'],
  // The runtime's own SDK retries differently, and the local cloud has none.
  bundleAwsSDK: true,
  // Persian stays Persian: as \\u escapes every letter would take six bytes.
  charset: Charset.UTF8,
};

/** A function with the defaults of the house and a role of its own, which starts with nothing. */
export class SuretyFunction<Schema extends EnvSchema> extends NodejsFunction {
  readonly executionRole: Role;

  constructor(scope: Construct, id: string, props: SuretyFunctionProps<Schema>) {
    const { stage, name } = props;
    const functionName = `surety-${stage.name}-${name}`;
    // Made here, so that its retention is ours and no role needs logs:CreateLogGroup.
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: stage.logRetention,
      removalPolicy: keepLogs(stage),
    });
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${functionName} may do, and nothing more`,
    });
    logGroup.grantWrite(role);
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray, and for the relay ListStreams, know no narrower resource.',
    });
    super(scope, id, {
      entry: `lambdas/functions/${name}.ts`,
      functionName,
      description: props.impact,
      role,
      logGroup,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      // The gateway gives up after 30 s. Our own deadline is 2.5 s, but a slow table may hold up the
      // last call before it and the one after: better a late answer than the gateway's bare 500.
      timeout: props.timeout ?? Duration.seconds(20),
      tracing: stage.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel[stage.logLevel],
      environment: {
        ...props.environment,
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_LOG_LEVEL: stage.logLevel,
        NODE_OPTIONS: '--enable-source-maps',
      },
      bundling: BUNDLING,
    });
    this.executionRole = role;
  }
}
