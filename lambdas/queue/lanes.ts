/** Enough for all that one sweep may find to fit into its minute. */
const LANES = 16;

/** Works through items, some at the same time, each after the other in its lane. */
export async function inLanes<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const lane = async (): Promise<void> => {
    // One iterator for all lanes: whoever is free takes the next.
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
