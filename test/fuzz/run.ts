import '../harness/silence-logs.ts';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { CliError, command } from '../../local/cli-error.ts';
import { stdoutReporter as report } from '../../local/reporter.ts';
import { readRunning } from '../../local/running.ts';
import { fuzz } from './fuzz.ts';
import { summary } from './report.ts';

const USAGE = 'Usage: npm run fuzz -- [--requests <number>] [--seed <number>]';
const MOST_SHOWN = 20;

const options = z.object({
  requests: z.coerce.number().int().min(1).max(1_000_000).default(12_000),
  // fast-check takes 32 bits.
  seed: z.coerce
    .number()
    .int()
    .min(-(2 ** 31))
    .max(2 ** 31 - 1)
    .default(() => randomInt(2 ** 31)),
});

function readOptions(): z.output<typeof options> {
  try {
    const { values } = parseArgs({
      options: { requests: { type: 'string' }, seed: { type: 'string' } },
    });
    return options.parse(values);
  } catch {
    throw new CliError(USAGE);
  }
}

await command(async () => {
  const { requests, seed } = readOptions();
  const running = await readRunning();
  report(`${requests} requests with seed ${seed}`);
  const outcome = await fuzz(running, { requests, seed, report });
  report(summary(outcome));
  const { findings } = outcome;
  if (findings.length === 0) return;
  for (const finding of findings.slice(0, MOST_SHOWN)) report(`\n${finding}`);
  throw new CliError(
    `${findings.length} findings. Repeat them: npm run fuzz -- --requests ${requests} --seed ${seed}`,
  );
});
