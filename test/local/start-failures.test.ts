import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { freePort } from '../../local/ministack.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Far below the start of a cloud, and enough for a machine that runs other tests. */
const AT_ONCE_MS = 8_000;

/** A copy of the project in which `local` is real and everything else is a link. */
let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'surety-start-'));
  cpSync(join(ROOT, 'local'), join(project, 'local'), { recursive: true });
  for (const name of [
    'bin',
    'lambdas',
    'lib',
    'node_modules',
    'package.json',
    'package-lock.json',
    'cdk.json',
  ]) {
    symlinkSync(join(ROOT, name), join(project, name));
  }
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

type Started = { readonly code: unknown; readonly stderr: string; readonly ms: number };

/** What `npm start` runs, until it fails. */
async function start(env: NodeJS.ProcessEnv = {}, nodeOptions: string[] = []): Promise<Started> {
  const ports = {
    SURETY_CLOUD_PORT: `${await freePort(0)}`,
    SURETY_BANK_PORT: `${await freePort(0)}`,
  };
  const args = [...nodeOptions, join(project, 'local', 'up.ts')];
  const options = { env: { ...process.env, ...ports, ...env }, timeout: 50_000 };
  const begin = performance.now();
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, _, stderr) =>
      resolve({ code: error?.code ?? 0, stderr, ms: performance.now() - begin }),
    );
  });
}

/** The one line, after checks that it is one line without a stack, at once, with exit code 1. */
function lineOf({ code, stderr, ms }: Started): string {
  const line = stderr.trim();
  expect({ code, lines: line.split('\n') }).toEqual({ code: 1, lines: [line] });
  expect(ms).toBeLessThan(AT_ONCE_MS);
  return line;
}

/** The environment looks complete, so that nothing is installed. */
function completeEnvironment(): void {
  mkdirSync(join(project, '.venv', 'bin'), { recursive: true });
  cpSync(join(ROOT, 'local', 'requirements.txt'), join(project, '.venv', 'requirements.txt'));
}

/** Makes the file system refuse writes below the project, also for root. */
function refusingWrites(code: string, message: string): string {
  const file = join(project, 'refuse-writes.mjs');
  writeFileSync(
    file,
    `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
for (const syscall of ['accessSync', 'mkdirSync', 'mkdtempSync', 'openSync', 'writeFileSync']) {
  const original = fs[syscall];
  fs[syscall] = (path, ...rest) => {
    const exists = syscall === 'mkdirSync' && rest[0]?.recursive && fs.existsSync(path);
    if (exists || !String(path).startsWith(${JSON.stringify(project)})) return original(path, ...rest);
    // As Node does: a recursive mkdir hides that the file system is read-only.
    const hidden = syscall === 'mkdirSync' && rest[0]?.recursive && '${code}' === 'EROFS';
    const text = hidden ? 'ENOENT: no such file or directory' : '${code}: ${message}';
    const error = new Error(\`\${text}, \${syscall} '\${path}'\`);
    throw Object.assign(error, { code: text.split(':')[0], syscall, path });
  };
}
syncBuiltinESMExports();
`,
  );
  return file;
}

it.each([
  ['EROFS', 'read-only file system'],
  ['EACCES', 'permission denied'],
])('npm start names a project folder that refuses writes with %s', async (code, message) => {
  completeEnvironment();
  const refusal = refusingWrites(code, message);
  for (const existing of [false, true]) {
    if (existing) mkdirSync(join(project, '.surety'));
    expect(lineOf(await start({}, ['--import', refusal]))).toBe(
      `Cannot write to the folder ${join(project, '.surety')} (${code}: ${message}). ` +
        'Make it writable for this user, or copy the project to a folder that is.',
    );
  }
});

it.each(['.surety', '.venv'])('npm start names the folder %s that is a file', async (name) => {
  writeFileSync(join(project, name), '');
  expect(lineOf(await start())).toBe(
    `Cannot write to the folder ${join(project, name)} (EEXIST: file already exists). ` +
      'Make it writable for this user, or copy the project to a folder that is.',
  );
});

it('npm start names a temporary folder that it cannot write to', async () => {
  const TMPDIR = join(project, 'package.json');
  expect(lineOf(await start({ TMPDIR }))).toBe(
    `Cannot write to the folder ${TMPDIR} (ENOTDIR: not a directory). ` +
      'Make it writable for this user, or set TMPDIR to a folder that is.',
  );
});

it('npm start does not blame the network where pip may not write', async () => {
  const python = join(project, 'bin-without-rights', 'python3');
  mkdirSync(join(python, '..'));
  const denied = "PermissionError: [Errno 13] Permission denied: '.venv/lib'";
  writeFileSync(python, `#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "${denied}" >&2\nexit 1\n`);
  chmodSync(python, 0o755);
  const PATH = `${join(python, '..')}:${process.env['PATH']}`;
  expect(lineOf(await start({ PATH }))).toBe(
    `Cannot write to the folder ${join(project, '.venv')} (${denied}). ` +
      'Make it writable for this user, or copy the project to a folder that is.',
  );
});

it.each([
  ['missing', 'ENOENT', () => symlinkSync('/nowhere/python3', join(project, '.venv/bin/python'))],
  ['not a program', 'EACCES', () => writeFileSync(join(project, '.venv/bin/python'), '')],
])('npm start names a Python of .venv that is %s', async (_, code, damage) => {
  completeEnvironment();
  damage();
  expect(lineOf(await start())).toBe(
    `Cannot start ${join(project, '.venv', 'bin', 'python')} (${code}). ` +
      'Delete the folder .venv and run the command again: it installs Python packages anew.',
  );
});

it('npm start does not call a port taken on an address that this machine does not have', async () => {
  const line = lineOf(await start({ SURETY_BANK_HOST: '192.0.2.1' }));
  expect(line).toMatch(/^listen EADDRNOTAVAIL: address not available 192\.0\.2\.1:\d+$/);
});
