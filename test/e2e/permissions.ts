import { randomUUID } from 'node:crypto';
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider';
import {
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { GROUPS } from '../../lambdas/operations/index.ts';
import type { Outputs } from '../../local/cdk.ts';
import { BUSY_SENDERS } from '../harness/busy-senders.ts';
import { adminToken, eventually, newMerchant, PASSWORD, send } from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';
import { recoverNow } from '../harness/root-access.ts';
import { credentialsOf } from '../harness/workers.ts';

const MINUTE = 60_000;
const WORKERS = [
  'relay',
  'settle',
  'execute-scheduled',
  'rebalance',
  'recover',
  'run-queued',
  'not-found',
];
const FUNCTIONS = [...GROUPS.map(({ name }) => name), ...WORKERS];

type Options = {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: ReturnType<typeof credentialsOf>;
};
type Act = {
  readonly does: string;
  /** The functions that may. */
  readonly allowed: readonly string[];
  readonly attempt: (options: Options, outputs: Outputs) => Promise<unknown>;
};
const Key = { pk: { S: 'POOL#USD#ROOT' }, sk: { S: 'POOL' } };
const stranger = () => ({ Username: `e2e-${randomUUID()}` });
const dynamo = (options: Options) => new DynamoDBClient(options);
const cognito = (options: Options) => new CognitoIdentityProviderClient(options);
const message = (queue: (outputs: Outputs) => string) => (options: Options, outputs: Outputs) =>
  new SQSClient(options).send(
    new SendMessageCommand({ QueueUrl: queue(outputs), MessageBody: '{"nobody":"reads this"}' }),
  );

/** A FIFO queue requires a group, and an id for each message. */
const queueForBusyMerchant = (options: Options, { BusyQueueUrl: QueueUrl }: Outputs) =>
  new SQSClient(options).send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: '{"nobody":"reads this"}',
      MessageGroupId: 'E2E-PERMISSIONS',
      MessageDeduplicationId: randomUUID(),
    }),
  );

/** What only some functions may do, or none. An allowed one may still fail for another reason. */
const ACTS: readonly Act[] = [
  {
    does: 'put a row outside a transaction',
    allowed: [],
    attempt: (options, { LedgerTableName: TableName }) =>
      dynamo(options).send(new PutItemCommand({ TableName, Item: Key })),
  },
  {
    does: 'change a row outside a transaction',
    allowed: [],
    attempt: (options, { LedgerTableName: TableName }) => {
      const update = {
        UpdateExpression: 'SET x = :x',
        ExpressionAttributeValues: { ':x': { S: 'x' } },
      };
      return dynamo(options).send(new UpdateItemCommand({ TableName, Key, ...update }));
    },
  },
  {
    does: 'delete a row outside a transaction',
    allowed: [],
    attempt: (options, { LedgerTableName: TableName }) =>
      dynamo(options).send(new DeleteItemCommand({ TableName, Key })),
  },
  {
    does: 'delete a stored response, also in a transaction',
    allowed: [],
    attempt: (options, { IdempotencyTableName: TableName }) =>
      dynamo(options).send(
        new TransactWriteItemsCommand({
          TransactItems: [{ Delete: { TableName, Key: { id: { S: 'x' } } } }],
        }),
      ),
  },
  {
    does: 'scan the Ledger',
    allowed: [],
    attempt: (options, { LedgerTableName: TableName }) =>
      dynamo(options).send(new ScanCommand({ TableName })),
  },
  {
    does: 'read the secret of the bank',
    allowed: ['settle'],
    attempt: (options, { BankSecretName: SecretId }) =>
      new SecretsManagerClient(options).send(new GetSecretValueCommand({ SecretId })),
  },
  {
    does: 'read the secret of the operator',
    allowed: ['settle'],
    attempt: (options, { OperatorSecretName: SecretId }) =>
      new SecretsManagerClient(options).send(new GetSecretValueCommand({ SecretId })),
  },
  {
    does: 'send to the payout queue',
    allowed: ['relay', 'recover'],
    attempt: message(({ PayoutQueueUrl }) => PayoutQueueUrl),
  },
  {
    does: 'send to the schedule queue',
    allowed: ['relay', 'recover'],
    attempt: message(({ ScheduleQueueUrl }) => ScheduleQueueUrl),
  },
  {
    does: 'send to the pool queue',
    allowed: ['relay', 'recover'],
    attempt: message(({ PoolQueueUrl }) => PoolQueueUrl),
  },
  {
    does: 'send to the queue of busy merchants',
    allowed: BUSY_SENDERS,
    attempt: queueForBusyMerchant,
  },
  {
    does: 'receive from the queue of busy merchants',
    allowed: ['run-queued'],
    attempt: (options, { BusyQueueUrl: QueueUrl }) =>
      new SQSClient(options).send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 })),
  },
  {
    // Limited to ids of markers on AWS only: the local cloud evaluates no condition on ids.
    does: 'put the marker of a busy merchant',
    allowed: ['run-queued'],
    attempt: (options, { IdempotencyTableName: TableName }) =>
      dynamo(options).send(
        new PutItemCommand({ TableName, Item: { id: { S: 'BUSY#E2E-PERMISSIONS' } } }),
      ),
  },
  {
    does: 'invoke settle',
    allowed: [],
    attempt: (options, { SettleFunctionName: FunctionName }) =>
      new LambdaClient(options).send(new InvokeCommand({ FunctionName, Payload: '{}' })),
  },
  {
    does: 'create a schedule',
    allowed: ['relay'],
    attempt: (options, { ScheduleGroupName: GroupName }) =>
      new SchedulerClient(options).send(
        new CreateScheduleCommand({
          GroupName,
          Name: `e2e-${randomUUID()}`,
          ScheduleExpression: 'at(2099-01-01T00:00:00)',
          FlexibleTimeWindow: { Mode: 'OFF' },
          Target: {
            Arn: 'arn:aws:sqs:us-east-1:000000000000:none',
            RoleArn: 'arn:aws:iam::000000000000:role/none',
          },
        }),
      ),
  },
  {
    does: 'create a merchant’s user',
    allowed: ['auth', 'sign-ins'],
    attempt: (options, { MerchantPoolId: UserPoolId }) =>
      cognito(options).send(new AdminCreateUserCommand({ UserPoolId, ...stranger() })),
  },
  {
    does: 'delete a merchant’s user',
    allowed: ['auth', 'sign-ins'],
    attempt: (options, { MerchantPoolId: UserPoolId }) =>
      cognito(options).send(new AdminDeleteUserCommand({ UserPoolId, ...stranger() })),
  },
  {
    does: 'create an administrator',
    allowed: [],
    attempt: (options, { AdminPoolId: UserPoolId }) =>
      cognito(options).send(new AdminCreateUserCommand({ UserPoolId, ...stranger() })),
  },
  {
    does: 'make somebody an administrator',
    allowed: [],
    attempt: (options, { AdminPoolId: UserPoolId }) =>
      cognito(options).send(
        new AdminAddUserToGroupCommand({ UserPoolId, GroupName: 'admins', ...stranger() }),
      ),
  },
];

/** Options of an SDK client as one function. Waits until it has run. */
const optionsOf = async (name: string): Promise<Options> => ({
  region: 'us-east-1',
  endpoint: localCloud().cloud,
  credentials: await eventually(
    async () => credentialsOf(name),
    ({ accessKeyId }) => accessKeyId !== '',
  ),
});

const REFUSED = /not authorized|denied/i;

describe('what a function may do', () => {
  // Its process shows the credentials of its role: each function must have run once. The tests of scheduled
  // withdrawals, which come first, have run execute-scheduled.
  beforeAll(async () => {
    const admin = await adminToken();
    const { token } = await newMerchant('E2E-PERMISSIONS');
    await send('/admin/pools/USD/topups', {
      token: admin,
      key: randomUUID(),
      body: { amount: '9.00' },
    });
    await send('/withdrawals', { token, key: 'w', body: { amount: '1.00' } });
    await send('/nothing');
    for (const { operations } of GROUPS) {
      for (const { route, access } of operations.slice(0, 1)) {
        const [method = '', path = ''] = route.split(' ');
        const body = access === 'anyone' ? { username: 'nobody', password: PASSWORD } : undefined;
        const authorization =
          access === 'anyone' ? {} : { token: access === 'admin' ? admin : token };
        await send(path.replaceAll(/\{\w+\}/g, 'USD'), {
          method,
          ...authorization,
          ...(method !== 'GET' && { body }),
        });
      }
    }
    await recoverNow();
    // The queue denies root: only a function that may send can make run-queued run.
    await queueForBusyMerchant(await optionsOf('withdrawals'), localCloud().outputs);
  }, MINUTE);

  it.each(FUNCTIONS)(
    'WD-4 OP-2: %s has the permissions that it needs, and none of the others that matter',
    async (name) => {
      const options = await optionsOf(name);
      expect(options.credentials.sessionToken).not.toBe('');
      const { outputs } = localCloud();
      for (const { does, allowed, attempt } of ACTS) {
        const refusal = await attempt(options, outputs).then(
          () => 'done',
          (error: Error) => `${error.name} ${error.message}`,
        );
        expect([does, REFUSED.test(refusal)]).toEqual([does, !allowed.includes(name)]);
      }
    },
    MINUTE,
  );
});
