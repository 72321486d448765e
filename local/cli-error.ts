import { ZodError, z } from 'zod';

/** One line that says what went wrong and what to do about it. `tail`: the failing tool's last words. */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly tail: string;
  constructor(message: string, tail = '') {
    super(message);
    this.tail = tail;
  }
}

const TAIL_LINES = 25;
export const tailOf = (text: string): string =>
  text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');

/** An error as its reader needs it: plain words where we have them, the stack where we do not. */
export const explain = (error: unknown): string => {
  if (error instanceof Trouble) return [error.tail, error.message].filter(Boolean).join('\n\n');
  if (error instanceof ZodError) return z.prettifyError(error);
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

/** Runs a command of package.json: what it throws is said plainly, and the exit code is 1. */
export async function command(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`\n${explain(error)}\n`);
    process.exit(1);
  }
}
