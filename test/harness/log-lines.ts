import { jest } from '@jest/globals';

export type LogLine = Readonly<Record<string, unknown>>;

/** Every line that `work` logs, as CloudWatch receives it. Requires an import of `enable-logs.ts`. */
export async function linesOf(work: () => Promise<unknown>): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  const spies = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream);
    return jest.spyOn(stream, 'write').mockImplementation((text) => {
      // Other output is Jest's own report, which can appear while a test runs.
      if (typeof text !== 'string' || !text.startsWith('{')) return write(text);
      lines.push(JSON.parse(text));
      return true;
    });
  });
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines;
}
