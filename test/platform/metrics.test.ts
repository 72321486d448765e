import '../harness/enable-metrics.ts';
import { describe, expect, it } from '@jest/globals';
import middy from '@middy/core';
import { type Counter, count, publishMetrics } from '../../lambdas/platform/metrics.ts';
import { lambdaContext } from '../harness/http-event.ts';
import { linesOf } from '../harness/log-lines.ts';

const handled = (work: () => void) =>
  linesOf(() =>
    Promise.resolve(
      middy()
        .use(publishMetrics())
        .handler(async () => work())({}, lambdaContext),
    ).catch(() => {}),
  );

describe('CR-1 WD-8: what an invocation has counted is published', () => {
  it('once, in one line, under the name of the application', async () => {
    const lines = await handled(() => {
      count('Transactions');
      count('Transactions');
      count('Conflicts', 3);
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      Transactions: [1, 1],
      Conflicts: 3,
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: 'Surety',
            Metrics: [
              { Name: 'Transactions', Unit: 'Count' },
              { Name: 'Conflicts', Unit: 'Count' },
            ],
          },
        ],
      },
    });
  });

  it('also by an invocation that fails', async () => {
    const lines = await handled(() => {
      count('ShardsClosed');
      throw new Error('failed');
    });
    expect(lines).toMatchObject([{ ShardsClosed: 1 }]);
  });

  it('and not again by the next one', async () => {
    await handled(() => count('RequestsGivenUp'));
    const lines = await handled(() => count('Transactions'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toHaveProperty('RequestsGivenUp');
  });

  it.each<Counter>(['Transactions', 'Conflicts', 'PoolConflicts', 'ThrottledTransactions'])(
    'nothing is written where no %s were counted',
    async (counter) => {
      expect(await handled(() => count(counter, 0))).toEqual([]);
    },
  );
});
