import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { documentClient } from '../../lambdas/platform/clients.ts';
import { type Engine, startEngine } from '../harness/engine.ts';

const SETTINGS = ['AWS_ENDPOINT_URL_DYNAMODB', 'DYNAMODB_ENGINE'] as const;
const before = SETTINGS.map((name) => [name, process.env[name]] as const);

/** The engine of this test run. */
const usedEngine = (): string =>
  process.env['DYNAMODB_ENGINE'] ??
  `${createRequire(import.meta.url).resolve('@dynoxide/linux-x64/dynoxide')} --port {port}`;

let folder: string;
let engines: Engine[];

beforeEach(() => {
  engines = [];
  folder = mkdtempSync(join(tmpdir(), 'surety-engine-'));
});
afterEach(() => {
  for (const engine of engines) engine.close();
  rmSync(folder, { recursive: true });
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const start = async (): Promise<Engine> => {
  const engine = await startEngine();
  engines.push(engine);
  return engine;
};

/** Writes a row to the first engine, and counts the rows of both. */
async function countRows(first: Engine, second: Engine): Promise<readonly unknown[]> {
  const Item = { pk: 'row', sk: 'row' };
  await documentClient(first.client()).send(new PutCommand({ TableName: first.ledgerTable, Item }));
  return Promise.all(
    [first, second].map(async (engine) => {
      const scan = new ScanCommand({ TableName: engine.ledgerTable });
      return (await engine.client().send(scan)).Count;
    }),
  );
}

/** Another command: it records the port of each start, and becomes the engine of this test run. */
function recordingEngine(): { readonly command: string; readonly ports: () => string[] } {
  const program = join(folder, 'recording-engine');
  const record = join(folder, 'ports');
  const engine = usedEngine().replace('{port}', '"$1"');
  writeFileSync(program, `#!/bin/sh -f\necho "$1" >> ${record}\nexec ${engine}\n`);
  chmodSync(program, 0o755);
  return {
    command: `${program} {port}`,
    ports: () => readFileSync(record, 'utf8').trim().split('\n'),
  };
}

async function isListening(port: string): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}`).catch(() => undefined);
  return response !== undefined;
}

it('every harness has its own tables, also where the shell names a DynamoDB endpoint', async () => {
  const elsewhere = await start();
  const { endpoint } = elsewhere.client().config;
  const { port } = (await endpoint?.()) ?? {};
  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = `http://127.0.0.1:${port}`;
  expect(await countRows(await start(), await start())).toEqual([1, 0]);
});

it('DYNAMODB_ENGINE starts another engine, one for each harness, and close ends it', async () => {
  const { command, ports } = recordingEngine();
  process.env['DYNAMODB_ENGINE'] = command;
  expect(await countRows(await start(), await start())).toEqual([1, 0]);
  expect(new Set(ports()).size).toBe(2);
  for (const engine of engines) engine.close();
  // A test that hangs here found an engine that was not ended.
  for (const port of ports()) while (await isListening(port)) await pause(20);
});

it.each([
  ['cannot be started', '/nowhere/engine --port {port}', '/nowhere/engine --port '],
  ['ends at once', 'false {port}', 'false '],
])('a command in DYNAMODB_ENGINE that %s is named at once', async (_, command, named) => {
  process.env['DYNAMODB_ENGINE'] = command;
  const begin = performance.now();
  await expect(startEngine()).rejects.toThrow(`The DynamoDB engine did not start: ${named}`);
  expect(performance.now() - begin).toBeLessThan(4_000);
});

it('a command in DYNAMODB_ENGINE without a place for the port is refused', async () => {
  process.env['DYNAMODB_ENGINE'] = 'dynoxide --port 4711';
  await expect(startEngine()).rejects.toThrow('DYNAMODB_ENGINE must contain {port}');
});
