import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cleanUpAtExit } from './cleanup.ts';
import { CliError, tailOf } from './cli-error.ts';

export type ProcessGroup = { readonly leader: ChildProcess; kill(): void };

const killGroup = (leaderId: number | undefined): void => {
  if (leaderId === undefined) return;
  try {
    process.kill(-leaderId, 'SIGKILL');
  } catch {
    // The group has no process left.
  }
};

/** Starts a process as the leader of its own group, so that its children end with it. */
export function startGroup(program: string, args: string[], options: SpawnOptions): ProcessGroup {
  const leader = spawn(program, args, { ...options, detached: true });
  const kill = cleanUpAtExit(() => killGroup(leader.pid));
  leader.once('exit', kill);
  leader.once('error', kill);
  return { leader, kill };
}

export type Tool = {
  readonly program: string;
  readonly args: string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly failureMessage: string;
};

/** Runs a tool without output. If it fails, the error holds its last lines. */
export async function run({ program, args, env, cwd, failureMessage }: Tool): Promise<void> {
  const { leader } = startGroup(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  leader.stdout?.on('data', collect);
  leader.stderr?.on('data', collect);
  let code: unknown;
  try {
    [code] = await once(leader, 'close');
  } catch (error) {
    throw new CliError(failureMessage, `${program}: ${error}`);
  }
  if (code !== 0) throw new CliError(failureMessage, tailOf(output));
}
