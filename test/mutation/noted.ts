import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** What the dry run learnt of a test file: how long it took, and which mutants it reached, loading included. */
export type Noted = { readonly ms: number; readonly mutants: readonly string[] };

// In Stryker's sandbox, which each of its processes works in.
const FILE = 'noted.json';

export const noted = (): Record<string, Noted> =>
  existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : {};

export const note = (testFile: string, reached: Noted): void =>
  writeFileSync(FILE, JSON.stringify({ ...noted(), [testFile]: reached }));

/** Which mutant is on, undefined in the dry run. */
export const activeMutant = (): string | undefined => process.env['__STRYKER_ACTIVE_MUTANT__'];
