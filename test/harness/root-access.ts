import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CREDENTIALS, REGION } from '../../local/cdk.ts';
import { localCloud } from './local-cloud.ts';

/** Options of an SDK client with root access to the e2e cloud. No part of the app has them. */
export const asRoot = () => ({
  region: REGION,
  endpoint: localCloud().cloud,
  credentials: CREDENTIALS,
});

/** Sets a transaction's next check to a past time. Throws if the transaction is final. */
export async function makeOverdue(merchantId: string, txnId: string): Promise<void> {
  await new DynamoDBClient(asRoot()).send(
    new UpdateItemCommand({
      TableName: localCloud().outputs.LedgerTableName,
      Key: { pk: { S: `M#${merchantId}` }, sk: { S: `TXN#${txnId}` } },
      UpdateExpression: 'SET nextCheckAt = :past',
      ConditionExpression: 'attribute_exists(nextCheckAt)',
      ExpressionAttributeValues: { ':past': { S: '2026-01-01T00:00:00.000Z' } },
    }),
  );
}

/** Sets the time of a scheduled withdrawal. */
export async function executeSooner(
  merchantId: string,
  txnId: string,
  executeAt: string,
): Promise<void> {
  await new DynamoDBClient(asRoot()).send(
    new UpdateItemCommand({
      TableName: localCloud().outputs.LedgerTableName,
      Key: { pk: { S: `M#${merchantId}` }, sk: { S: `TXN#${txnId}` } },
      UpdateExpression: 'SET executeAt = :at',
      ConditionExpression: 'attribute_exists(executeAt)',
      ExpressionAttributeValues: { ':at': { S: executeAt } },
    }),
  );
}

/** Runs recovery at once, and waits until it has ended. */
export async function recoverNow(): Promise<void> {
  const recover = { FunctionName: localCloud().outputs.RecoverFunctionName };
  await new LambdaClient(asRoot()).send(new InvokeCommand(recover));
}
