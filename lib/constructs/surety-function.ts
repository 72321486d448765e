import { join } from 'node:path';
import { Duration, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { z } from 'zod';
import type { Stage } from '../stage-schema.ts';
import { mobileNumbersFile } from './mobile-numbers.ts';
import { logRemoval, nameForStack } from './removal.ts';

type EnvSchema = z.ZodObject<Record<string, z.ZodType<unknown, string>>>;

export type SuretyFunctionProps<Schema extends EnvSchema> = {
  readonly stage: Stage;
  /** Names the entry file in lambdas/functions/, the function and its log group. */
  readonly name: string;
  /** The schema that parses process.env at run time. It types `environment` below. */
  readonly env: Schema;
  readonly environment: z.input<Schema>;
  /** What merchants or operators lose while the function fails. Becomes the alarm text. */
  readonly impact: string;
  readonly timeout?: Duration;
  /** Executions that no other function can use, and the most of this one. */
  readonly reserved?: number;
};

const ROOT = join(import.meta.dirname, '..', '..');
const BUNDLING: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  minify: true,
  sourceMap: true,
  sourcesContent: false,
  mainFields: ['module', 'main'],
  // The SDK of the Lambda runtime retries differently, and the local cloud has none.
  bundleAwsSDK: true,
  esbuildArgs: {
    // esbuild escapes other text by default: six bytes for a Persian letter instead of two. The CDK ignores its own `charset`.
    '--charset': 'utf8',
    '--alias:@aws-sdk/credential-provider-node': join(
      ROOT,
      'lambdas',
      'platform',
      'credentials.ts',
    ),
    '--alias:libphonenumber-js/mobile/metadata': mobileNumbersFile(ROOT),
  },
};

/** A function with the project's defaults and its own role, which starts without permissions. */
export class SuretyFunction<Schema extends EnvSchema> extends NodejsFunction {
  readonly executionRole: Role;

  constructor(scope: Construct, id: string, props: SuretyFunctionProps<Schema>) {
    const { stage, name } = props;
    const functionName = `surety-${stage.name}-${name}`;
    // Created here to set its retention. No role needs logs:CreateLogGroup.
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      logGroupName: nameForStack(scope, `/aws/lambda/${functionName}`),
      retention: stage.logRetention,
      removalPolicy: logRemoval(stage),
    });
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Permissions of ${functionName}`,
    });
    logGroup.grantWrite(role);
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray and, for the relay, ListStreams support no narrower resource.',
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
      // API Gateway times out after 30 s. An operation is repeated for ten seconds, but slow calls of
      // DynamoDB can exceed that. A late response is better than the gateway's 500 without an error code.
      timeout: props.timeout ?? Duration.seconds(20),
      ...(stage.reservedConcurrency &&
        props.reserved !== undefined && { reservedConcurrentExecutions: props.reserved }),
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
