import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { appTables } from './app-tables.ts';

/** DynamoDB Local needs 4 s on an idle machine, and more beside other tests. */
const START_TIMEOUT_MS = 30_000;

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

/**
 * Program and arguments of the engine. npm installs dynoxide for Linux on x64. DYNAMODB_ENGINE names
 * another command, which must listen on {port} in the foreground and start without tables. An engine
 * that already runs cannot serve: every harness creates the same tables.
 */
function engineCommand(port: number): readonly [program: string, ...args: string[]] {
  const command = process.env['DYNAMODB_ENGINE'];
  if (command === undefined) {
    const { resolve } = createRequire(import.meta.url);
    return [resolve('@dynoxide/linux-x64/dynoxide'), '--port', String(port)];
  }
  if (!command.includes('{port}')) throw new Error('DYNAMODB_ENGINE must contain {port}');
  const [program = '', ...args] = command.replaceAll('{port}', String(port)).trim().split(/\s+/);
  return [program, ...args];
}

export async function startEngine(): Promise<Engine> {
  const port = await freePort();
  const [program, ...args] = engineCommand(port);
  const child = spawn(program, args, { stdio: 'ignore' });
  const endpoint = `http://127.0.0.1:${port}`;
  const client = (): DynamoDBClient =>
    new DynamoDBClient({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 2,
    });
  const first = client();
  const close = (): void => {
    first.destroy();
    child.kill('SIGKILL');
  };
  // Before the first request: synthesis blocks for seconds, and engines close idle connections.
  const tables = await appTables();
  try {
    await untilReady(first, child);
    for (const table of tables) await first.send(new CreateTableCommand(table));
  } catch (cause) {
    close();
    const command = [program, ...args].join(' ');
    const message = `The DynamoDB engine did not start: ${command}\nRun this command to see why.`;
    throw new Error(message, { cause });
  }
  const named = (word: string): string =>
    tables.find(({ TableName }) => TableName?.includes(word))?.TableName ?? '';
  return {
    client,
    ledgerTable: named('Ledger'),
    responsesTable: named('Idempotency'),
    close,
  };
}

async function untilReady(client: DynamoDBClient, child: ChildProcess): Promise<void> {
  const ended = new AbortController();
  for (const event of ['error', 'exit']) child.once(event, () => ended.abort());
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!ended.signal.aborted && performance.now() < deadline) {
    try {
      await client.send(new ListTablesCommand({}));
      return;
    } catch {
      await pause(50);
    }
  }
  throw new Error(ended.signal.aborted ? 'it ended' : 'it does not respond');
}
