import middy from '@middy/core';
import { publishMetrics } from '../../lambdas/platform/metrics.ts';
import { lambdaContext } from './http-event.ts';
import { type LogLine, linesOf } from './log-lines.ts';

/** What an invocation writes of what it has counted. Requires an import of `enable-metrics.ts`. */
const published = (work: () => Promise<unknown>): Promise<readonly LogLine[]> =>
  linesOf(() => middy().use(publishMetrics()).handler(work)({}, lambdaContext));

/** What `work` counts, by name; every time by itself. */
export async function countedBy(work: () => Promise<unknown>): Promise<LogLine> {
  // What was counted before belongs to another test.
  await published(async () => {});
  const [{ _aws, service, ...counted } = {}, ...others] = await published(work);
  if (others.length > 0) throw new Error('more than one line');
  return counted;
}
