import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { outputs } from './cdk.ts';
import { undoAtExit } from './cleanup.ts';
import { Trouble } from './cli-error.ts';
import { ROOT } from './settings.ts';

const user = z.object({ username: z.string(), password: z.string() });
export type User = z.infer<typeof user>;

/** What is running: written by `npm start`, read by every other script, and gone when it stops. */
export const running = z.object({
  api: z.url(),
  bank: z.url(),
  cloud: z.url(),
  admin: user,
  merchants: z.array(user),
  outputs,
});
export type Running = z.infer<typeof running>;

const FILE = join(ROOT, '.surety', 'local.json');

export function writeRunning(what: Running): void {
  mkdirSync(dirname(FILE), { recursive: true });
  undoAtExit(() => rmSync(FILE, { force: true }));
  writeFileSync(FILE, `${JSON.stringify(what, null, 2)}\n`);
}

const nothingRuns = (): Trouble =>
  new Trouble('Nothing is running: start it first, in another terminal, with npm start.');

/** What is running now; a file that a killed start left behind does not count. */
export async function readRunning(): Promise<Running> {
  const text = await readFile(FILE, 'utf8').catch(() => undefined);
  if (text === undefined) throw nothingRuns();
  const found = running.parse(JSON.parse(text));
  const answers = await fetch(`${found.bank}/payouts`).catch(() => undefined);
  if (!answers?.ok) throw nothingRuns();
  return found;
}
