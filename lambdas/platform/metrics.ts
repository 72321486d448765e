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
  /** Requests on a busy merchant: joined to its group, sent away at once, and not answered in time. */
  | 'RequestsHandedOver'
  | 'RequestsShed'
  | 'WaitsGivenUp'
  | 'ShardsClosed';

/** Every duration, in milliseconds. */
export type Duration =
  /** From the handing over of a request to its response. Their sum in a period, divided by it: how many wait. */
  | 'TimeToAnswer'
  /** Of the oldest request of a group, when the group was received. */
  | 'GroupAge';

export const count = (counter: Counter, times = 1): void => {
  if (times > 0) metrics.addMetric(counter, MetricUnit.Count, times);
};

export const measure = (duration: Duration, ms: number): void => {
  metrics.addMetric(duration, MetricUnit.Milliseconds, ms);
};

/** How many requests were received together. */
export const countGroup = (size: number): void => {
  metrics.addMetric('GroupSize', MetricUnit.Count, size);
};

/** A middleware that writes what an invocation has counted, also where it failed. */
export function publishMetrics() {
  const publish = (): void => {
    if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  };
  return { after: publish, onError: publish };
}
