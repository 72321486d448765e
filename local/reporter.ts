export type Say = (line: string) => void;

/** One line per step, when it is done, with what it took. */
export async function step<Result>(say: Say, what: string, work: Promise<Result>): Promise<Result> {
  const from = performance.now();
  const result = await work;
  const seconds = ((performance.now() - from) / 1_000).toFixed(1);
  say(`  ✓ ${what} (${seconds} s)`);
  return result;
}
