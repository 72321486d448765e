import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/**
 * Two tries and short time-outs: our own loop repeats with a fresh decision, and the SDK's patience
 * (seconds, when throttled) would eat the caller's deadline. Environment variables point the clients.
 */
const impatient = {
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
  documentClient(new DynamoDBClient(impatient));
export const sqsClient = (): SQSClient => new SQSClient(impatient);
/** No caller waits for it, and nobody else tries again. */
export const schedulerClient = (): SchedulerClient =>
  new SchedulerClient({ ...impatient, maxAttempts: 5 });
export const secretsClient = (): SecretsManagerClient => new SecretsManagerClient(impatient);
export const cognitoClient = (): CognitoIdentityProviderClient =>
  // Slower than a table: it hashes passwords.
  new CognitoIdentityProviderClient({
    maxAttempts: 2,
    requestHandler: { ...impatient.requestHandler, requestTimeout: 3_000 },
  });
