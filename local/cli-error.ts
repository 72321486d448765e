import { ZodError, z } from 'zod';

/** An error with one line for the user: the cause and the fix. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** The last output of a failed tool. */
  readonly tail: string;
  constructor(message: string, tail = '') {
    super(message);
    this.tail = tail;
  }
}

const TAIL_LINES = 25;
export const tailOf = (text: string): string =>
  text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');

/** An error of the operating system. Its message names the failure, the operation and the path. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error;

/** The message of an expected error, and the stack of any other. */
export const explain = (error: unknown): string => {
  if (error instanceof CliError) return [error.tail, error.message].filter(Boolean).join('\n\n');
  if (error instanceof ZodError) return z.prettifyError(error);
  if (isSystemError(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

/** Runs a command of package.json. An error is printed, and the exit code is 1. */
export async function command(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`\n${explain(error)}\n`);
    process.exit(1);
  }
}
