import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from './cli-error.ts';
import { run } from './processes.ts';
import { ROOT } from './settings.ts';
import { cannotWrite, ensureWritable } from './writable-folder.ts';

const REQUIREMENTS = join(ROOT, 'local', 'requirements.txt');
const VENV = join(ROOT, '.venv');
const INSTALLED = join(VENV, 'requirements.txt');
export const PYTHON = join(VENV, 'bin', 'python');

/** The same check as `is_ready` in venv.py, which repeats it under a lock. */
export const pythonIsReady = (): boolean =>
  existsSync(INSTALLED) && readFileSync(INSTALLED).equals(readFileSync(REQUIREMENTS));

/** Systems with an old `python3` often have a newer version under its versioned name. */
const CANDIDATES = ['python3', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
const IS_SUITABLE = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';

async function findPython(): Promise<string> {
  for (const candidate of CANDIDATES) {
    try {
      await promisify(execFile)(candidate, ['-c', IS_SUITABLE]);
      return candidate;
    } catch {
      // Missing, too old, or without venv. Try the next one.
    }
  }
  throw new CliError(
    'The local cloud needs Python 3.10 or newer with its venv module. Install it ' +
      '(on Debian or Ubuntu: apt install python3-venv), or set LOCAL_CLOUD_URL to use another cloud.',
  );
}

/** No permission for a file (a refused connection names no file), a full disk, a read-only disk. */
const WRITE_REFUSED = /^.*\[Errno (?:(?:1|13)\] [^:]+: '|(?:28|30)\]).*$/m;

/** Creates or updates the private Python environment if necessary. */
export async function ensurePython(): Promise<void> {
  if (pythonIsReady()) return;
  ensureWritable(VENV);
  const install = run({
    program: await findPython(),
    args: [join(ROOT, 'local', 'venv.py')],
    env: process.env,
    cwd: ROOT,
    failureMessage:
      'pip could not install local/requirements.txt. Check the network connection and the access ' +
      'to a Python package index, then run the command again.',
  });
  await install.catch((error: unknown) => {
    const [refusal] = (error instanceof CliError && WRITE_REFUSED.exec(error.tail)) || [];
    throw refusal === undefined ? error : cannotWrite(VENV, refusal);
  });
}
