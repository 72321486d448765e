import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CliError, isSystemError, tailOf } from './cli-error.ts';
import { type ProcessGroup, startGroup } from './processes.ts';
import { LOCAL_CLOUD, pythonProgram } from './python.ts';
import { BIN, ROOT } from './settings.ts';

const PYTHON = pythonProgram(LOCAL_CLOUD, 'python');
const START_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

/** Other errors say that this user or this machine cannot use the address. */
export const isPortTaken = (error: unknown): boolean =>
  isSystemError(error) && error.code === 'EADDRINUSE';

/** Listens on a port for a moment to check that it is free. Port 0 selects a free port. */
export async function freePort(port: number): Promise<number | 'taken'> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    if (isPortTaken(error)) return 'taken';
    throw error;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
}

export const portTaken = (port: number, variable: string): CliError =>
  new CliError(
    `Port ${port} is in use, possibly by another npm start. Stop that process, or use another ` +
      `port: ${variable}=${port + 100} npm start`,
  );

/**
 * Functions inherit the environment of MiniStack, so it holds no proxies and secrets of this shell.
 * A separate HOME hides the user's AWS profile from their SDK.
 */
const environment = (port: number, home: string, temporary: string): NodeJS.ProcessEnv => ({
  HOME: home,
  TMPDIR: temporary,
  // Functions run as plain `node` processes from this PATH. Node 24 must come first.
  PATH: `${BIN}:/usr/local/bin:/usr/bin:/bin`,
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  AUTH: 'true',
  GATEWAY_PORT: String(port),
  BIND_HOST: '127.0.0.1',
  IOT_MTLS_ENABLED: '0',
  LOG_LEVEL: 'WARNING',
});

const tailOfFile = (log: string): string =>
  existsSync(log) ? tailOf(readFileSync(log, 'utf8')) : '';

/** The operating system refused to start Python: its file is missing or not a program. */
const cannotStart = (error: NodeJS.ErrnoException): CliError =>
  new CliError(
    `Cannot start ${PYTHON} (${error.code}). Delete the folder .venv and run the command again: it ` +
      'installs Python packages anew.',
  );

async function waitUntilReady(url: string, group: ProcessGroup, log: string): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  const ended = new AbortController();
  group.leader.once('exit', () => ended.abort());
  group.leader.once('error', (error) => ended.abort(cannotStart(error)));
  while (!ended.signal.aborted && performance.now() < deadline) {
    const response = await fetch(`${url}/_ministack/health`).catch(() => undefined);
    if (response?.ok) return;
    await pause(POLL_MS);
  }
  group.kill();
  if (ended.signal.reason instanceof CliError) throw ended.signal.reason;
  throw new CliError(
    'MiniStack did not start. If its Python environment is damaged, delete .venv and try again.',
    tailOfFile(log),
  );
}

export type Emulator = {
  readonly url: string;
  /** Resolves if the emulator exits unexpectedly. */
  readonly ended: Promise<CliError>;
  stop(): void;
};

/** MiniStack on the loopback address, with IAM enforced. It writes files only inside `work`. */
export async function startMiniStack(port: number, work: string): Promise<Emulator> {
  const temporary = join(work, 'ministack');
  mkdirSync(temporary);
  const log = join(work, 'ministack.log');
  const sink = openSync(log, 'a');
  const group = startGroup(PYTHON, [join(ROOT, 'local', 'ministack.py'), work], {
    cwd: temporary,
    env: environment(port, temporary, temporary),
    stdio: ['pipe', sink, sink],
  });
  closeSync(sink);
  const ended = new Promise<CliError>((resolve) => {
    const message = 'MiniStack exited unexpectedly. Start it again.';
    group.leader.once('exit', () => resolve(new CliError(message, tailOfFile(log))));
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntilReady(url, group, log);
  return { url, ended, stop: group.kill };
}

/** A cloud that already runs (LOCAL_CLOUD_URL). It continues to run afterwards. */
export async function externalCloud(url: string): Promise<Emulator> {
  const response = await fetch(url).catch(() => undefined);
  if (response === undefined) {
    throw new CliError(`No response from LOCAL_CLOUD_URL=${url}. Start that cloud first.`);
  }
  return { url, ended: new Promise(() => undefined), stop: () => undefined };
}
