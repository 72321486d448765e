import { jest } from '@jest/globals';
import { logger } from '../../lambdas/runtime/observe.ts';

export type LogLine = Readonly<Record<string, unknown>>;

/** Every line that `work` logs, as CloudWatch would receive it. */
export async function linesOf(work: () => Promise<unknown>): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  const catching = (text: unknown): boolean => {
    lines.push(JSON.parse(String(text)));
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation(catching),
  );
  const level = logger.getLevelName();
  logger.setLogLevel('INFO');
  try {
    await work();
  } finally {
    logger.setLogLevel(level);
    for (const spy of spies) spy.mockRestore();
  }
  return lines;
}
