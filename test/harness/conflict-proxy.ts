import { createServer, type IncomingMessage } from 'node:http';
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

const key = z.record(z.string(), z.unknown());
const item = z.record(
  z.string(),
  z.object({ TableName: z.string(), Key: key.optional(), Item: key.optional() }),
);
const transaction = z.object({ TransactItems: z.array(item) });
type Item = z.output<typeof item>;

/** Table and key. A put has the key in its item. */
function rowOf(each: Item): string {
  const [target] = Object.values(each);
  const { pk, sk, id } = target?.Key ?? target?.Item ?? {};
  return JSON.stringify([target?.TableName, pk ?? id, sk]);
}

export type ConflictProxy = {
  readonly url: string;
  /** Transactions that met a row of another one. */
  conflicts: number;
  /** The sizes of those that were let through. */
  readonly sizes: number[];
  /** Called with the size of each transaction: lets it through, drops it, or does something after it. */
  around: (size: number) => 'let through' | 'drop' | { readonly after: () => void };
  readonly close: () => void;
};

/**
 * A proxy in front of DynamoDB in which transactions that overlap exclude each other, as on AWS and not on the local
 * cloud.
 */
export async function startConflictProxy(): Promise<ConflictProxy> {
  const held = new Set<string>();
  const forward = async (request: IncomingMessage, body: Buffer) => {
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers))
      if (typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name))
        headers.set(name, value);
    const response = await fetch(localCloud().cloud, {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  const handle = async (request: IncomingMessage, body: Buffer) => {
    const isTransaction = String(request.headers['x-amz-target']).endsWith('.TransactWriteItems');
    if (!isTransaction) return forward(request, body);
    const rows = transaction.parse(JSON.parse(body.toString('utf8'))).TransactItems.map(rowOf);
    if (rows.some((row) => held.has(row))) {
      proxy.conflicts += 1;
      const codes = rows.map((row) => (held.has(row) ? 'TransactionConflict' : 'None'));
      const cancelled = {
        __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
        message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(', ')}]`,
        CancellationReasons: codes.map((Code) => ({ Code })),
      };
      return {
        status: 400,
        headers: new Headers({ 'content-type': 'application/x-amz-json-1.0' }),
        body: JSON.stringify(cancelled),
      };
    }
    for (const row of rows) held.add(row);
    try {
      const around = proxy.around(rows.length);
      if (around === 'drop') return { status: 500, headers: new Headers(), body: '{}' };
      await pause(HELD_MS);
      const response = await forward(request, body);
      proxy.sizes.push(rows.length);
      if (around !== 'let through') around.after();
      return response;
    } finally {
      for (const row of rows) held.delete(row);
    }
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const { status, headers, body } = await handle(request, Buffer.concat(chunks));
    const type = headers.get('content-type') ?? 'application/x-amz-json-1.0';
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: ConflictProxy = {
    url: `http://127.0.0.1:${port}`,
    conflicts: 0,
    sizes: [],
    around: () => 'let through',
    close: () => {
      server.closeAllConnections();
      server.close();
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
