import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/**
 * Two attempts and short time-outs: our own loop retries with a fresh decision, and the SDK's back-off
 * (seconds, when throttled) would use up the caller's deadline.
 */
const shortTimeouts = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
};

/** Every number comes back as bigint: no amount passes through a JS number. */
export const documentClient = (dynamo: DynamoDBClient): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(dynamo, {
    marshallOptions: { removeUndefinedValues: true },
    unmarshallOptions: { wrapNumbers: BigInt },
  });

export const dynamoClient = (): DynamoDBDocumentClient =>
  documentClient(new DynamoDBClient(shortTimeouts));
export const sqsClient = (): SQSClient => new SQSClient(shortTimeouts);
/** No caller waits for it, and no queue retries it. */
export const schedulerClient = (): SchedulerClient =>
  new SchedulerClient({ ...shortTimeouts, maxAttempts: 5 });
export const secretsClient = (): SecretsManagerClient => new SecretsManagerClient(shortTimeouts);
export const cognitoClient = (): CognitoIdentityProviderClient =>
  // Cognito is slower than a table: it hashes passwords.
  new CognitoIdentityProviderClient({
    maxAttempts: 2,
    requestHandler: { ...shortTimeouts.requestHandler, requestTimeout: 3_000 },
  });
