import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cannotWrite, systemCause } from './writable-folder.ts';

/** Synchronous, so that they also run on Ctrl-C, on SIGTERM and after an uncaught error. */
const cleanups = new Set<() => void>();

const runCleanups = (): void => {
  for (const cleanup of [...cleanups].reverse()) cleanup();
  cleanups.clear();
};

const listenForExit = (): void => {
  process.on('exit', runCleanups);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
  }
};

/** Registers a cleanup for process exit. The returned function runs it early; it runs only once. */
export function cleanUpAtExit(cleanup: () => void): () => void {
  if (cleanups.size === 0 && !process.listeners('exit').includes(runCleanups)) listenForExit();
  cleanups.add(cleanup);
  return () => {
    if (cleanups.delete(cleanup)) cleanup();
  };
}

export type WorkFolder = { readonly path: string; remove(): void };

function makeTemporary(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'surety-'));
  } catch (error) {
    throw cannotWrite(tmpdir(), systemCause(error), 'set TMPDIR to a folder that is');
  }
}

/** A separate folder per run, for assets, logs and the files of the emulator. */
export function makeWorkFolder(): WorkFolder {
  const path = makeTemporary();
  // Retries, because processes that were just killed can still write into it.
  const remove = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  return { path, remove: cleanUpAtExit(remove) };
}
