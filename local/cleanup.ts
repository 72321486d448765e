import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What this process must not leave behind. All of it is undone synchronously, so it is also undone
 * on Ctrl-C, on SIGTERM and on an error that nobody caught.
 */
const leftovers = new Set<() => void>();

const undoAll = (): void => {
  for (const undo of [...leftovers].reverse()) undo();
  leftovers.clear();
};

const watchForTheEnd = (): void => {
  process.on('exit', undoAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
  }
};

/** Returns a function that undoes it now, once. */
export function undoAtExit(undo: () => void): () => void {
  if (leftovers.size === 0 && !process.listeners('exit').includes(undoAll)) watchForTheEnd();
  leftovers.add(undo);
  return () => {
    if (leftovers.delete(undo)) undo();
  };
}

export type WorkFolder = { readonly path: string; remove(): void };

/** A folder of our own for assets, logs and the emulator's files: two runs never share one. */
export function makeWorkFolder(): WorkFolder {
  const path = mkdtempSync(join(tmpdir(), 'surety-'));
  // Processes that were just killed may still be writing into it: then once more.
  const remove = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  return { path, remove: undoAtExit(remove) };
}
