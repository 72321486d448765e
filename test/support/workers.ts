import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';

/** This run's function processes, by the function's name: MiniStack has it in each process's path. */
export function workersOf(functionName: string): number[] {
  const folder = dirname(process.env['SURETY_E2E_CLOUD'] ?? '');
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(folder) && line.includes(`-${functionName}-`))
    .map((line) => Number.parseInt(line, 10));
}
