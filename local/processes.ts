import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { undoAtExit } from './cleanup.ts';
import { Trouble, tailOf } from './cli-error.ts';

export type Group = { readonly process: ChildProcess; end(): void };

const killGroup = (leader: number | undefined): void => {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
};

/** Starts a process as the leader of its own group, so that whatever it starts ends with it. */
export function startGroup(program: string, args: string[], options: SpawnOptions): Group {
  const leader = spawn(program, args, { ...options, detached: true });
  const end = undoAtExit(() => killGroup(leader.pid));
  leader.once('exit', end);
  leader.once('error', end);
  return { process: leader, end };
}

export type Tool = {
  readonly program: string;
  readonly args: string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** What to say if it fails. */
  readonly orElse: string;
};

/** Runs a tool to its end, silently; only if it fails do its last lines show. */
export async function run({ program, args, env, cwd, orElse }: Tool): Promise<void> {
  const group = startGroup(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  group.process.stdout?.on('data', keep);
  group.process.stderr?.on('data', keep);
  let code: unknown;
  try {
    [code] = await once(group.process, 'close');
  } catch (error) {
    throw new Trouble(orElse, `${program}: ${error}`);
  }
  if (code !== 0) throw new Trouble(orElse, tailOf(output));
}
