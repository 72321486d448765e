import { jest } from '@jest/globals';

export type LogLine = Readonly<Record<string, unknown>>;

/** Every line that `work` logs, as CloudWatch would receive it; with `loud.ts` only. */
export async function linesOf(work: () => Promise<unknown>): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  const keep = (text: unknown): boolean => {
    lines.push(JSON.parse(String(text)));
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation(keep),
  );
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines;
}
