import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain } from '../../local/cli-error.ts';
import { type LocalCloud, startCloud } from '../../local/cloud.ts';
import { freePort } from '../../local/ministack.ts';
import { type Running, running } from '../../local/running.ts';

/**
 * The environment variable with the path of the file that describes the running cloud.
 *
 * End-to-end tests use their own MiniStack, bank simulator and deployment, on free ports, so they can
 * run beside `npm start`. Jest calls the default export before the first e2e file (`globalSetup`) and
 * local-cloud-down.ts after the last one. An interrupted run also removes its processes and files.
 */
const POINTER = 'SURETY_E2E_CLOUD';

let started: LocalCloud | undefined;

export default async function startLocalCloud(): Promise<void> {
  const port = await freePort(0);
  if (port === 'taken') throw new Error('this machine has no free port');
  const report = (line: string) => process.stderr.write(`${line}\n`);
  report('\nStarting a local cloud for the end-to-end tests');
  const settings = { SURETY_CLOUD_PORT: port, SURETY_BANK_PORT: 0, SURETY_BANK_HOST: '127.0.0.1' };
  const cloud = await startCloud(settings, report).catch((error: unknown) => {
    // Jest shows only the message of an error, not the output of the tool that failed.
    throw new Error(explain(error));
  });
  const file = join(cloud.folder, 'local.json');
  const { api, bank, operator, cloud: url, admins, outputs } = cloud;
  const own = { admins: [...admins], merchants: [] };
  const where: Running = { api, bank, operator, cloud: url, ...own, outputs };
  writeFileSync(file, JSON.stringify(where));
  // Jest starts its workers after this, so they inherit the variable.
  process.env[POINTER] = file;
  started = cloud;
}

export async function stopLocalCloud(): Promise<void> {
  await started?.close();
  started = undefined;
}

/** The e2e cloud: addresses of API, bank and cloud, the admins, and the outputs of the service stack. */
export function localCloud(): Running {
  const file = process.env[POINTER];
  if (file === undefined)
    throw new Error('no local cloud: run this file in the Jest project "e2e"');
  return running.parse(JSON.parse(readFileSync(file, 'utf8')));
}
