import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DataStack } from '../../lib/data-stack.ts';
import { stageOf } from '../../lib/stages.ts';

/** A real DynamoDB engine with the tables of the CDK app, in memory, for one test file. */
export type Engine = {
  /** Another client of the same engine, so that one can have faults and one not. */
  readonly client: () => DynamoDBClient;
  readonly ledgerTable: string;
  readonly answersTable: string;
  readonly close: () => void;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/** npm installs the binary where there is one for the platform; elsewhere name it, or an endpoint. */
const binary = (): string =>
  process.env['DYNOXIDE_BIN'] ??
  createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide');

const tablesOfTheApp = (): CreateTableCommandInput[] => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const template = Template.fromStack(new DataStack(app, stageOf('local', {})));
  return Object.entries(template.findResources('AWS::DynamoDB::Table')).map(
    ([logicalId, { Properties }]) => ({
      TableName: logicalId,
      KeySchema: Properties.KeySchema,
      AttributeDefinitions: Properties.AttributeDefinitions,
      GlobalSecondaryIndexes: Properties.GlobalSecondaryIndexes,
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
};

export async function startEngine(): Promise<Engine> {
  const given = process.env['AWS_ENDPOINT_URL_DYNAMODB'];
  let child: ChildProcess | undefined;
  let endpoint = given;
  if (endpoint === undefined) {
    const port = await freePort();
    child = spawn(binary(), ['--port', String(port)], { stdio: 'ignore' });
    endpoint = `http://127.0.0.1:${port}`;
  }
  const client = (): DynamoDBClient =>
    new DynamoDBClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 2,
    });
  const first = client();
  await untilReady(first);
  const tables = tablesOfTheApp();
  for (const table of tables) await first.send(new CreateTableCommand(table));
  const named = (word: string): string =>
    tables.find(({ TableName }) => TableName?.includes(word))?.TableName ?? '';
  return {
    client,
    ledgerTable: named('Ledger'),
    answersTable: named('Idempotency'),
    close: () => {
      first.destroy();
      child?.kill('SIGKILL');
    },
  };
}

async function untilReady(client: DynamoDBClient): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch {
      await pause(50);
    }
  }
  throw new Error('the DynamoDB engine did not start');
}
