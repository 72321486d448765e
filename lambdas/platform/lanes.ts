import { log } from './logger.ts';

/** Enough for all that one sweep may find to fit into its minute. */
const LANES = 16;

/**
 * Works through items, some at the same time, each after the other in its lane. One that fails is told by
 * its name and keeps no other waiting: it is found again later.
 */
export async function inLanes<Item>(
  items: readonly Item[],
  named: (item: Item) => Readonly<Record<string, string | undefined>>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const lane = async (): Promise<void> => {
    // One iterator for all lanes: whoever is free takes the next.
    for (const item of left) {
      await work(item).catch((error: unknown) => log('error', 'RECORD_FAILED', named(item), error));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
