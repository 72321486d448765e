const MOST_TRIES = 50;

/** Handles a message as its queue delivers it: again until it is done, also after an injected fault. */
export async function untilDone(
  handle: () => Promise<string>,
  advanceClock: () => void,
): Promise<void> {
  let failure: unknown;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    try {
      if ((await handle()) === 'done') return;
    } catch (error) {
      failure = error;
    }
    advanceClock();
  }
  throw new Error(`not done after ${MOST_TRIES} tries`, { cause: failure });
}
