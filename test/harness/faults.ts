import { type DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { seeded } from './random.ts';

/**
 * Faults of DynamoDB that local engines never have, as probabilities: conflicts on any write, throttling,
 * requests lost before they arrive, and responses of commits lost. Seeded, so that a failing run can be
 * repeated.
 */
export type FaultRates = {
  readonly conflict: number;
  readonly throttle: number;
  readonly lostBefore: number;
  readonly lostAfter: number;
  /** How long a transaction holds its rows on average, in milliseconds. Without it, none is held (`overlaps.ts`). */
  readonly overlapMs?: number;
};
export const NO_FAULTS: FaultRates = { conflict: 0, throttle: 0, lostBefore: 0, lostAfter: 0 };
export const ROUGH: FaultRates = {
  conflict: 0.1,
  throttle: 0.03,
  lostBefore: 0.03,
  lostAfter: 0.05,
};

export type FaultCounts = {
  conflicts: number;
  throttles: number;
  lostBefore: number;
  lostAfter: number;
};

const timeout = (): Error =>
  Object.assign(new Error('no response in time'), { name: 'TimeoutError' });
const throttled = (): Error =>
  Object.assign(new Error('slow down'), { name: 'ThrottlingException', $fault: 'client' });

/** A cancellation as DynamoDB reports it: the code is on one of the writes, sometimes on two. */
function cancelled(writes: number, code: string, random: () => number): Error {
  const hit = Math.floor(random() * writes);
  const second = random() < 0.3 ? Math.floor(random() * writes) : hit;
  return cancelledWith(
    Array.from({ length: writes }, (_, index) =>
      index === hit || index === second ? code : 'None',
    ),
  );
}

/** A cancellation with the code of each item, `None` where it was not the reason. */
export const cancelledWith = (codes: readonly string[]): Error =>
  new TransactionCanceledException({
    message: `Transaction cancelled [${codes.join(', ')}]`,
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });

/**
 * Injects faults through a client's middleware, outside the SDK's retries, which would hide them. Transactions
 * and commits draw by themselves: however they interleave, so many of them have so many faults.
 */
export function injectFaults(client: DynamoDBClient, seed: number, rates: FaultRates): FaultCounts {
  const random = seeded(seed);
  const ofTransactions = seeded(seed + 1);
  const ofCommits = seeded(seed + 2);
  const counts: FaultCounts = { conflicts: 0, throttles: 0, lostBefore: 0, lostAfter: 0 };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const isTransaction = context.commandName === 'TransactWriteItemsCommand';
      const writes = (args.input as { TransactItems?: unknown[] }).TransactItems?.length ?? 0;
      const roll = isTransaction ? ofTransactions() : random();
      let edge = rates.throttle;
      if (roll < edge) {
        counts.throttles += 1;
        if (!isTransaction) throw throttled();
        throw cancelled(
          writes,
          random() < 0.5 ? 'ThrottlingError' : 'ProvisionedThroughputExceeded',
          random,
        );
      }
      if (!isTransaction) return next(args);
      edge += rates.conflict;
      if (roll < edge) {
        counts.conflicts += 1;
        throw cancelled(writes, 'TransactionConflict', random);
      }
      edge += rates.lostBefore;
      if (roll < edge) {
        counts.lostBefore += 1;
        throw timeout();
      }
      const result = await next(args);
      if (ofCommits() < rates.lostAfter) {
        counts.lostAfter += 1;
        throw timeout();
      }
      return result;
    },
    { step: 'initialize', name: 'injectFaults', priority: 'high' },
  );
  return counts;
}
