import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain } from '../../local/cli-error.ts';
import { type LocalCloud, startCloud } from '../../local/cloud.ts';
import { freePort } from '../../local/ministack.ts';
import { type Running, running } from '../../local/running.ts';

/**
 * The deployed app for end-to-end tests: a MiniStack, a bank and a deployment of their own, on free
 * ports, started once for all files. It runs beside `npm start` and leaves nothing behind, also when
 * the run is interrupted.
 *
 * Jest calls the default export before the first e2e file (`globalSetup`), and local-cloud-down.ts
 * after the last; a test asks `localCloud()` where everything is.
 */
const POINTER = 'SURETY_E2E_CLOUD';

let started: LocalCloud | undefined;

export default async function startLocalCloud(): Promise<void> {
  const port = await freePort(0);
  if (port === 'taken') throw new Error('this machine has no free port');
  const say = (line: string) => process.stderr.write(`${line}\n`);
  say('\nStarting a local cloud for the end-to-end tests');
  const settings = { SURETY_CLOUD_PORT: port, SURETY_BANK_PORT: 0, SURETY_BANK_HOST: '127.0.0.1' };
  const cloud = await startCloud(settings, say).catch((error: unknown) => {
    throw new Error(explain(error)); // Jest shows the message only, not the failing tool's last words.
  });
  const file = join(cloud.folder, 'local.json');
  const { api, bank, cloud: url, admin, outputs } = cloud;
  const where: Running = { api, bank, cloud: url, admin, merchants: [], outputs };
  writeFileSync(file, JSON.stringify(where));
  // Jest's workers are started after this and inherit it.
  process.env[POINTER] = file;
  started = cloud;
}

export async function stopLocalCloud(): Promise<void> {
  await started?.close();
  started = undefined;
}

/** Where the e2e cloud is: API, bank, cloud endpoint, admin, and the service stack's outputs. */
export function localCloud(): Running {
  const file = process.env[POINTER];
  if (file === undefined)
    throw new Error('no local cloud: run this file in the Jest project "e2e"');
  return running.parse(JSON.parse(readFileSync(file, 'utf8')));
}
