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

/** A DynamoDB engine with the tables of the CDK app, in memory. Each test file starts its own. */
export type Engine = {
  /** A new client of the same engine: faults are injected into one client only. */
  readonly client: () => DynamoDBClient;
  readonly ledgerTable: string;
  readonly responsesTable: string;
  readonly close: () => void;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/** npm installs the binary for Linux on x64. Other platforms name a binary, or an endpoint instead. */
const binary = (): string =>
  process.env['DYNOXIDE_BIN'] ??
  createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide');

const appTables = (): CreateTableCommandInput[] => {
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
  const tables = appTables();
  for (const table of tables) await first.send(new CreateTableCommand(table));
  const named = (word: string): string =>
    tables.find(({ TableName }) => TableName?.includes(word))?.TableName ?? '';
  return {
    client,
    ledgerTable: named('Ledger'),
    responsesTable: named('Idempotency'),
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
