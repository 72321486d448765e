import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Process ids of one function in this run. MiniStack puts the function's name into the path of each process. */
export function workersOf(functionName: string): number[] {
  const folder = dirname(process.env['SURETY_E2E_CLOUD'] ?? '');
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(folder) && line.includes(`surety-local-${functionName}-`))
    .map((line) => Number.parseInt(line, 10));
}

/** The credentials of a running function, read from its process. Empty strings where no process runs. */
export function credentialsOf(functionName: string): {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
} {
  const [pid] = workersOf(functionName);
  const environment = pid === undefined ? '' : environmentOf(pid);
  const read = (name: string): string =>
    new RegExp(`(?:^|[\\0 ])${name}=([^\\0 ]+)`).exec(environment)?.[1] ?? '';
  return {
    accessKeyId: read('AWS_ACCESS_KEY_ID'),
    secretAccessKey: read('AWS_SECRET_ACCESS_KEY'),
    sessionToken: read('AWS_SESSION_TOKEN'),
  };
}

const environmentOf = (pid: number): string =>
  existsSync('/proc/self/environ')
    ? readFileSync(`/proc/${pid}/environ`, 'utf8')
    : execFileSync('ps', ['eww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
