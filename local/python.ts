import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Trouble } from './cli-error.ts';
import { run } from './processes.ts';
import { ROOT } from './settings.ts';

const REQUIREMENTS = join(ROOT, 'local', 'requirements.txt');
const INSTALLED = join(ROOT, '.venv', 'requirements.txt');
export const PYTHON = join(ROOT, '.venv', 'bin', 'python');

/** The same question as `is_ready` in venv.py, which asks it again under its lock. */
export const pythonIsReady = (): boolean =>
  existsSync(INSTALLED) && readFileSync(INSTALLED).equals(readFileSync(REQUIREMENTS));

/** `python3` first; on machines where that is old, a newer one often stands beside it. */
const CANDIDATES = ['python3', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
const IS_FIT = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';

async function findPython(): Promise<string> {
  for (const candidate of CANDIDATES) {
    try {
      await promisify(execFile)(candidate, ['-c', IS_FIT]);
      return candidate;
    } catch {
      // Missing, too old, or without venv: the next one.
    }
  }
  throw new Trouble(
    'The local cloud needs Python 3.10 or newer with its venv module: install it ' +
      '(on Debian or Ubuntu: apt install python3-venv), or set LOCAL_CLOUD_URL to use another cloud.',
  );
}

/** The private Python environment, made or brought up to date if need be. */
export async function ensurePython(): Promise<void> {
  if (pythonIsReady()) return;
  await run({
    program: await findPython(),
    args: [join(ROOT, 'local', 'venv.py')],
    env: process.env,
    cwd: ROOT,
    orElse:
      'pip could not install local/requirements.txt: check the network and that a Python package ' +
      'index can be reached, then run the command again.',
  });
}
