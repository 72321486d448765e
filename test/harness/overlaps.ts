import { setTimeout as pause } from 'node:timers/promises';
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { cancelledWith, type FaultCounts, type FaultRates, NO_FAULTS } from './faults.ts';
import { seeded } from './random.ts';

/** Conflicts of transactions that overlap, and no other fault. 12 ms is the mean that shards are planned with. */
export const OVERLAPPING: FaultRates = { ...NO_FAULTS, overlapMs: 12 };

/** Of log t. Half of the transactions take 0.9 times the mean, one in a hundred 2.8 times. */
const SIGMA = 0.5;

/** Times that transactions hold their rows, in milliseconds: log-normal, the same for the same seed. */
export function holdTimes(seed: number, meanMs: number): () => number {
  const random = seeded(seed);
  const mu = Math.log(meanMs) - SIGMA ** 2 / 2;
  return () => {
    // Box-Muller. `1 -` because the logarithm of 0 is infinite.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.exp(mu + SIGMA * normal);
  };
}

type Key = Readonly<Record<string, AttributeValue>>;
/** An item of a transaction as it is sent: its only property is `Put`, `Update`, `Get` and so on. */
type Item = Readonly<
  Record<string, { readonly TableName: string; readonly Key?: Key; readonly Item?: Key }>
>;

/** Table and key. A put has the key in its item; rows of the Ledger can also have an attribute `id`. */
function rowOf(item: Item): string {
  const [target] = Object.values(item);
  const { pk, sk, id } = target?.Key ?? target?.Item ?? {};
  const key = pk === undefined ? [id] : [pk, sk];
  return [target?.TableName, ...key.map((value) => value?.S)].join('|');
}

/**
 * Lets the transactions of a client exclude each other, as DynamoDB does and local engines do not: one that
 * meets a row of another one under way is cancelled at that row, at once. The others hold their rows for a
 * time that is drawn, and until the engine has answered. A transactional read is cancelled likewise but
 * holds nothing. Plain reads never conflict.
 */
export function holdRows(
  client: DynamoDBClient,
  {
    seed,
    meanMs,
    faults,
  }: { readonly seed: number; readonly meanMs: number; readonly faults: FaultCounts },
): void {
  const nextHold = holdTimes(seed, meanMs);
  const held = new Set<string>();
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const writes = commandName === 'TransactWriteItemsCommand';
        if (!writes && commandName !== 'TransactGetItemsCommand') return next(args);
        const rows = (args.input as unknown as { TransactItems: Item[] }).TransactItems.map(rowOf);
        if (rows.some((row) => held.has(row))) {
          faults.conflicts += 1;
          throw cancelledWith(rows.map((row) => (held.has(row) ? 'TransactionConflict' : 'None')));
        }
        if (!writes) return next(args);
        for (const row of rows) held.add(row);
        try {
          await pause(nextHold());
          return await next(args);
        } finally {
          for (const row of rows) held.delete(row);
        }
      },
    // After `beforeCommit` and the injected faults: a transaction that they stop or delay holds nothing. Here
    // the document client has marshalled the input, and the SDK's own retries have not begun.
    { step: 'build', name: 'holdRows' },
  );
}
