import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { localCloud } from './local-cloud.ts';
import { asRoot } from './root-access.ts';
import { workersOf } from './workers.ts';

/** How long a transaction holds its rows, in milliseconds. */
const HELD_MS = 12;

const JSON_1_0 = 'application/x-amz-json-1.0';

const key = z.record(z.string(), z.unknown());
const item = z.record(
  z.string(),
  z.object({ TableName: z.string(), Key: key.optional(), Item: key.optional() }),
);
const transaction = z.object({ TransactItems: z.array(item) });
type Item = z.output<typeof item>;

const bytesOf = async (message: IncomingMessage): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(message, (chunk) => Buffer.from(chunk)));

/** Table and key. A put has the key in its item. */
function rowOf(each: Item): string {
  const [target] = Object.values(each);
  const { pk, sk, id } = target?.Key ?? target?.Item ?? {};
  return JSON.stringify([target?.TableName, pk ?? id, sk]);
}

export type ConflictProxy = {
  /** The address of DynamoDB for each function. */
  readonly urls: ReadonlyMap<string, string>;
  /** Transactions that met a row of another one. */
  conflicts: number;
  /** The sizes of those that were let through. */
  readonly sizes: number[];
  /** What becomes of each transaction of a function; `after` happens when it was let through. */
  around: (functionName: string) => 'let through' | 'drop' | { readonly after: () => void };
  readonly close: () => void;
};

/**
 * A proxy in front of DynamoDB in which transactions that overlap exclude each other, as on AWS and not on the local
 * cloud.
 */
export async function startConflictProxy(functionNames: readonly string[]): Promise<ConflictProxy> {
  const held = new Set<string>();
  /** With all headers as they are: the signature covers the address of the proxy. */
  const forward = async ({ method, url = '/', headers }: IncomingMessage, body: Buffer) => {
    const { hostname, port } = new URL(localCloud().cloud);
    const sent = request({ hostname, port, method, path: url, headers }).end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const type = response.headers['content-type'];
    return { status: response.statusCode ?? 500, type, body: await bytesOf(response) };
  };
  const handle = async (name: string, incoming: IncomingMessage, body: Buffer) => {
    const isTransaction = String(incoming.headers['x-amz-target']).endsWith('.TransactWriteItems');
    if (!isTransaction) return forward(incoming, body);
    const rows = transaction.parse(JSON.parse(body.toString('utf8'))).TransactItems.map(rowOf);
    const met = rows.filter((row) => held.has(row));
    if (met.length > 0) {
      proxy.conflicts += 1;
      const codes = rows.map((row) => (met.includes(row) ? 'TransactionConflict' : 'None'));
      const cancelled = {
        __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
        message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`,
        CancellationReasons: codes.map((Code) => ({ Code })),
      };
      return { status: 400, type: JSON_1_0, body: Buffer.from(JSON.stringify(cancelled)) };
    }
    for (const row of rows) held.add(row);
    try {
      const around = proxy.around(name);
      if (around === 'drop') return { status: 500, type: JSON_1_0, body: Buffer.from('{}') };
      await pause(HELD_MS);
      const response = await forward(incoming, body);
      proxy.sizes.push(rows.length);
      if (typeof around === 'object') around.after();
      return response;
    } finally {
      for (const row of rows) held.delete(row);
    }
  };
  const servers = functionNames.map((name) =>
    createServer((incoming, response) => {
      bytesOf(incoming)
        .then((body) => handle(name, incoming, body))
        .then(({ status, type = JSON_1_0, body }) =>
          response.writeHead(status, { 'content-type': type }).end(body),
        )
        // A process that was killed has closed its connection.
        .catch(() => response.destroy());
    }),
  );
  const urls = new Map<string, string>();
  for (const [index, server] of servers.entries()) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    urls.set(functionNames[index] ?? '', `http://127.0.0.1:${port}`);
  }
  const proxy: ConflictProxy = {
    urls,
    conflicts: 0,
    sizes: [],
    around: () => 'let through',
    close: () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
  return proxy;
}

/** Lets the processes of a function die, as Lambda does at any time. */
export function killWorkers(functionName: string): number {
  const workers = workersOf(functionName);
  for (const pid of workers) process.kill(pid, 'SIGKILL');
  return workers.length;
}

/** The address of DynamoDB for one function; its own again without one. */
export async function useDynamoAt(functionName: string, url: string | undefined): Promise<void> {
  const lambda = new LambdaClient(asRoot());
  const FunctionName = `surety-local-${functionName}`;
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const { AWS_ENDPOINT_URL_DYNAMODB: _replaced, ...others } = Environment?.Variables ?? {};
  const Variables = { ...others, ...(url !== undefined && { AWS_ENDPOINT_URL_DYNAMODB: url }) };
  await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }),
  );
  killWorkers(functionName);
}
