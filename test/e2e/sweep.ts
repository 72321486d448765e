import { randomUUID } from 'node:crypto';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from '@jest/globals';
import { adminToken, eventually, newMerchant, payouts, send, statusOf } from '../support/client.ts';
import { localCloud } from '../support/local-cloud.ts';

it('WD-7 WD-8: a withdrawal whose message was lost is found by the sweep and paid once', async () => {
  const { cloud, outputs } = localCloud();
  const root = {
    region: 'us-east-1',
    endpoint: cloud,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const topUp = { token: await adminToken(), key: randomUUID(), body: { amount: '100.00' } };
  await send('/admin/pools/USD/topups', topUp);
  const account = `E2E-${randomUUID().slice(0, 8)}-503`;
  const merchant = await newMerchant(account);
  const { token } = merchant;
  const order = { token, key: 'w', body: { amount: '10.00' } };
  const { id } = (await send('/withdrawals', order)).body.data;
  // The bank said 503: a doubt, which its message would take up again after 20 s. It will not.
  await eventually(
    () => statusOf(token, id),
    (status) => status === 'PROCESSING',
  );
  await new SQSClient(root).send(new PurgeQueueCommand({ QueueUrl: outputs.SettlementQueueUrl }));
  // The quiet period of the local stage is 5 s; what is due by then is long past.
  const lambda = new LambdaClient(root);
  const found = await eventually(
    async () => {
      await new DynamoDBClient(root)
        .send(
          new UpdateItemCommand({
            TableName: outputs.LedgerTableName,
            Key: { pk: { S: `M#${merchant.id}` }, sk: { S: `TXN#${id}` } },
            UpdateExpression: 'SET due = :past',
            ConditionExpression: 'attribute_exists(due)',
            ExpressionAttributeValues: { ':past': { S: '2026-01-01T00:00:00.000Z' } },
          }),
        )
        .catch(() => undefined);
      await lambda.send(new InvokeCommand({ FunctionName: outputs.SweepFunctionName }));
      return statusOf(token, id);
    },
    (status) => status === 'SUCCEEDED',
    15,
  );
  expect(found).toBe('SUCCEEDED');
  expect(await payouts(account)).toMatchObject([{ key: id, status: 'SUCCEEDED' }]);
}, 60_000);
