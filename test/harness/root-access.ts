import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CREDENTIALS, REGION } from '../../local/cdk.ts';
import { localCloud } from './local-cloud.ts';

/** How an SDK client reaches the e2e cloud past every rule, as no part of the app can. */
export const asRoot = () => ({
  region: REGION,
  endpoint: localCloud().cloud,
  credentials: CREDENTIALS,
});

/** As if the time at which the sweep looks for it had long passed. Fails where it is final. */
export async function makeDue(merchantId: string, txnId: string): Promise<void> {
  await new DynamoDBClient(asRoot()).send(
    new UpdateItemCommand({
      TableName: localCloud().outputs.LedgerTableName,
      Key: { pk: { S: `M#${merchantId}` }, sk: { S: `TXN#${txnId}` } },
      UpdateExpression: 'SET due = :past',
      ConditionExpression: 'attribute_exists(due)',
      ExpressionAttributeValues: { ':past': { S: '2026-01-01T00:00:00.000Z' } },
    }),
  );
}

/** The sweep's minute, now. */
export async function sweepNow(): Promise<void> {
  const sweep = { FunctionName: localCloud().outputs.SweepFunctionName };
  await new LambdaClient(asRoot()).send(new InvokeCommand(sweep));
}
