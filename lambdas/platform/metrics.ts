import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

/** Written to the log of each invocation, where CloudWatch finds them. */
const metrics = new Metrics({ namespace: 'Surety' });

/** Every figure that is counted, so that a dashboard can name it. */
export type Counter =
  /** Transactions that were sent, and those that met a row held by another one. */
  | 'Transactions'
  | 'Conflicts'
  /** Of these: those that met a row of a pool. */
  | 'PoolConflicts'
  | 'ThrottledTransactions'
  /** Requests that were given up at their deadline. */
  | 'RequestsGivenUp'
  | 'ShardsClosed';

export const count = (counter: Counter, times = 1): void => {
  if (times > 0) metrics.addMetric(counter, MetricUnit.Count, times);
};

/** A middleware that writes what an invocation has counted, also where it failed. */
export function publishMetrics() {
  const publish = (): void => {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  return { after: publish, onError: publish };
}
