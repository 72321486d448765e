import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError } from './cli-error.ts';

const COPY_PROJECT = 'copy the project to a folder that is';

/** The error of a folder that refuses writes. `otherwise` is the way around it. */
export const cannotWrite = (folder: string, cause: string, otherwise = COPY_PROJECT): CliError =>
  new CliError(
    `Cannot write to the folder ${folder} (${cause}). Make it writable for this user, or ${otherwise}.`,
  );

/** The first part of a system error: `EROFS: read-only file system, mkdir '/x'`. */
export const systemCause = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return text.split(',')[0] ?? text;
};

/** Creates a folder if it is missing. Checked before slow steps, so that they are not in vain. */
export function ensureWritable(folder: string): void {
  try {
    // On a read-only disk, a recursive mkdir reports ENOENT instead of EROFS.
    if (!existsSync(folder)) accessSync(dirname(folder), constants.W_OK);
    mkdirSync(folder, { recursive: true });
    // Writes no file: `python -m venv --clear` of a concurrent run fails if files come and go.
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw cannotWrite(folder, systemCause(error));
  }
}
