/** Prints one line of progress. */
export type Reporter = (line: string) => void;

export const stdoutReporter: Reporter = (line) => {
  process.stdout.write(`${line}\n`);
};

/** Reports a step and its duration when it is done. */
export async function step<Result>(
  report: Reporter,
  name: string,
  work: Promise<Result>,
): Promise<Result> {
  const start = performance.now();
  const result = await work;
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  report(`  ✓ ${name} (${seconds} s)`);
  return result;
}
