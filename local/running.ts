import { rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { outputs } from './cdk.ts';
import { cleanUpAtExit } from './cleanup.ts';
import { CliError } from './cli-error.ts';
import { ROOT } from './settings.ts';
import { ensureWritable } from './writable-folder.ts';

const user = z.object({ username: z.string(), password: z.string() });
export type User = z.infer<typeof user>;

/** The running local cloud. `npm start` writes it, the other commands read it, and exit removes it. */
export const running = z.object({
  api: z.url(),
  bank: z.url(),
  operator: z.url(),
  cloud: z.url(),
  admins: z.array(user),
  merchants: z.array(user),
  outputs,
});
export type Running = z.infer<typeof running>;

const FILE = join(ROOT, '.surety', 'local.json');

/** For the first step: `writeRunning` is the last one, and would fail only then. */
export const prepareRunning = (): void => ensureWritable(dirname(FILE));

export function writeRunning(cloud: Running): void {
  prepareRunning();
  cleanUpAtExit(() => rmSync(FILE, { force: true }));
  writeFileSync(FILE, `${JSON.stringify(cloud, null, 2)}\n`);
}

const notRunning = (): CliError =>
  new CliError('The local cloud is not running. Start it in another terminal: npm start');

/** The running local cloud. Ignores a file of a process that was killed: its bank is gone. */
export async function readRunning(): Promise<Running> {
  const text = await readFile(FILE, 'utf8').catch(() => undefined);
  if (text === undefined) throw notRunning();
  const found = running.parse(JSON.parse(text));
  const response = await fetch(`${found.bank}/payouts`).catch(() => undefined);
  if (!response?.ok) throw notRunning();
  return found;
}
