import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Trouble, tailOf } from './cli-error.ts';
import { type Group, startGroup } from './processes.ts';
import { PYTHON } from './python.ts';
import { BIN, ROOT } from './settings.ts';

const READY_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 50;

/** Who listens on a port for a moment knows that it is free; port 0 finds one that is. */
export async function freePort(port: number): Promise<number | 'taken'> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return 'taken';
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
}

export const portTaken = (port: number, variable: string): Trouble =>
  new Trouble(
    `Port ${port} is taken (by another npm start?). Stop what listens there, or choose another ` +
      `port: ${variable}=${port + 100} npm start`,
  );

/**
 * A clean environment, because functions inherit all of it: proxies and secrets of this shell have
 * no business there, and a HOME of its own hides this user's AWS profile from their SDK.
 */
const environment = (port: number, home: string, temporary: string): NodeJS.ProcessEnv => ({
  HOME: home,
  TMPDIR: temporary,
  // Functions are plain `node` processes from this PATH: Node 24 has to come first.
  PATH: `${BIN}:/usr/local/bin:/usr/bin:/bin`,
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  AUTH: 'true',
  GATEWAY_PORT: String(port),
  BIND_HOST: '127.0.0.1',
  IOT_MTLS_ENABLED: '0',
  LOG_LEVEL: 'WARNING',
});

const lastWords = (log: string): string =>
  existsSync(log) ? tailOf(readFileSync(log, 'utf8')) : '';

async function untilReady(url: string, group: Group, log: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  let alive = true;
  group.process.once('exit', () => {
    alive = false;
  });
  while (alive && performance.now() < deadline) {
    const answer = await fetch(`${url}/_ministack/health`).catch(() => undefined);
    if (answer?.ok) return;
    await wait(ASK_EVERY_MS);
  }
  group.end();
  throw new Trouble(
    'MiniStack did not start. If its Python environment is damaged, delete .venv and try again.',
    lastWords(log),
  );
}

export type Emulator = {
  readonly url: string;
  /** What to say when it ends by itself. */
  readonly ended: Promise<Trouble>;
  end(): void;
};

/** MiniStack on loopback, with IAM enforced and everything it writes inside `work`. */
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
  const ended = new Promise<Trouble>((resolve) => {
    const explanation = 'MiniStack ended by itself: start again.';
    group.process.once('exit', () => resolve(new Trouble(explanation, lastWords(log))));
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, group, log);
  return { url, ended, end: group.end };
}

/** A cloud that was there before us and stays when we go (LOCAL_CLOUD_URL). */
export async function foreignCloud(url: string): Promise<Emulator> {
  const answers = await fetch(url).catch(() => undefined);
  if (answers === undefined) {
    throw new Trouble(`Nothing answers at LOCAL_CLOUD_URL=${url}: start that cloud first.`);
  }
  return { url, ended: new Promise(() => undefined), end: () => undefined };
}
