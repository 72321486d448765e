import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from './cli-error.ts';
import { run } from './processes.ts';
import { ROOT } from './settings.ts';
import { cannotWrite, ensureWritable } from './writable-folder.ts';

/** A private Python environment. Both paths are relative to the project folder. */
export type PythonEnvironment = {
  readonly folder: string;
  readonly requirements: string;
  /** What the user can do without Python. */
  readonly alternative: string;
};
export const LOCAL_CLOUD: PythonEnvironment = {
  folder: '.venv',
  requirements: 'local/requirements.txt',
  alternative: ', or set LOCAL_CLOUD_URL to use another cloud',
};

/** A program of the environment. */
export const pythonProgram = ({ folder }: PythonEnvironment, name: string): string =>
  join(ROOT, folder, 'bin', name);

/** The same check as `is_ready` in venv.py, which repeats it under a lock. */
export const pythonIsReady = ({ folder, requirements }: PythonEnvironment): boolean => {
  const installed = join(ROOT, folder, 'requirements.txt');
  return (
    existsSync(installed) && readFileSync(installed).equals(readFileSync(join(ROOT, requirements)))
  );
};

/** Systems with an old `python3` often have a newer version under its versioned name. */
const CANDIDATES = ['python3', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
const IS_SUITABLE = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';

async function findPython(alternative: string): Promise<string> {
  for (const candidate of CANDIDATES) {
    try {
      await promisify(execFile)(candidate, ['-c', IS_SUITABLE]);
      return candidate;
    } catch {
      // Missing, too old, or without venv. Try the next one.
    }
  }
  throw new CliError(
    'This command needs Python 3.10 or newer with its venv module. Install it ' +
      `(on Debian or Ubuntu: apt install python3-venv)${alternative}.`,
  );
}

/** No permission for a file (a refused connection names no file), a full disk, a read-only disk. */
const WRITE_REFUSED = /^.*\[Errno (?:(?:1|13)\] [^:]+: '|(?:28|30)\]).*$/m;

/** Creates or updates a private Python environment if necessary. */
export async function ensurePython(environment: PythonEnvironment): Promise<void> {
  if (pythonIsReady(environment)) return;
  const { folder, requirements, alternative } = environment;
  const venv = join(ROOT, folder);
  ensureWritable(venv);
  const install = run({
    program: await findPython(alternative),
    args: [join(ROOT, 'local', 'venv.py'), folder, requirements],
    env: process.env,
    cwd: ROOT,
    failureMessage:
      `pip could not install ${requirements}. Check the network connection and the access ` +
      'to a Python package index, then run the command again.',
  });
  await install.catch((error: unknown) => {
    const [refusal] = (error instanceof CliError && WRITE_REFUSED.exec(error.tail)) || [];
    throw refusal === undefined ? error : cannotWrite(venv, refusal);
  });
}
