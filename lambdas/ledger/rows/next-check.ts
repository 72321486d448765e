import * as z from 'zod';
import type { LedgerContext } from '../context.ts';
import { allCheckKeys, type CheckKind, type Key, merchantOf, storedKey } from '../keys.ts';
import { type PendingRelease, pendingReleaseRow } from '../pending-releases.ts';
import { type PoolRoot, poolRoot } from '../pool/pool.ts';
import { firstRows, getRow } from '../table.ts';
import { hasPayout, type PayoutTransaction, transactionRow } from '../transactions.ts';

export type Overdue<Row> = {
  readonly rows: readonly Row[];
  /** Rows and buckets that could not be read; the others are returned all the same. */
  readonly failures: readonly unknown[];
};

/** Of each bucket at a time; the rest is still overdue at the next run. */
const MOST_OF_A_BUCKET = 100;

/** A payout whose check time has passed, and that time as it was read. */
export type OverduePayout = { readonly row: PayoutTransaction; readonly nextCheckAt: string };

/** Payouts whose check time has passed, oldest first in each bucket. */
export async function overduePayouts(
  ledger: LedgerContext,
  now: Date,
): Promise<Overdue<OverduePayout>> {
  const { rows, failures } = await rowsOverdue(ledger, ['PAYOUT', 'SCHEDULE'], now, transactionRow);
  // The index may be behind: the row itself says whether it is overdue.
  const overdue = rows.filter(hasPayout).flatMap((row) => {
    const { nextCheckAt } = row;
    return nextCheckAt !== undefined && nextCheckAt <= now.toISOString()
      ? [{ row, nextCheckAt }]
      : [];
  });
  return { rows: overdue, failures };
}

const ownedRelease = pendingReleaseRow.extend({ pk: z.string() });
export type OwnedRelease = PendingRelease & { readonly merchantId: string };

/** Matured releases of all merchants. */
export async function overdueReleases(
  ledger: LedgerContext,
  now: Date,
): Promise<Overdue<OwnedRelease>> {
  const { rows, failures } = await rowsOverdue(ledger, ['RELEASE'], now, ownedRelease);
  const owned = rows.map(({ pk, ...release }) => ({ ...release, merchantId: merchantOf(pk) }));
  return { rows: owned, failures };
}

/** The roots of all pools. */
export const allPools = (ledger: LedgerContext, now: Date): Promise<Overdue<PoolRoot>> =>
  rowsOverdue(ledger, ['POOL'], now, poolRoot);

async function rowsOverdue<Schema extends z.ZodType>(
  ledger: LedgerContext,
  kinds: readonly CheckKind[],
  now: Date,
  schema: Schema,
): Promise<Overdue<z.output<Schema>>> {
  const found = partitioned(
    await Promise.allSettled(
      kinds.flatMap(allCheckKeys).map((key) => firstOverdue(ledger, key, now.toISOString())),
    ),
  );
  const read = partitioned(
    await Promise.allSettled(found.values.flat().map((key) => getRow(ledger, key, schema))),
  );
  return {
    rows: read.values.filter((row) => row !== undefined),
    failures: [...found.failures, ...read.failures],
  };
}

const partitioned = <Value>(results: readonly PromiseSettledResult<Value>[]) => ({
  values: results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
  failures: results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])),
});

function firstOverdue(ledger: LedgerContext, nextCheckKey: string, now: string): Promise<Key[]> {
  const condition = {
    IndexName: 'nextCheck',
    KeyConditionExpression: 'nextCheckKey = :key AND nextCheckAt <= :now',
    ExpressionAttributeValues: { ':key': nextCheckKey, ':now': now },
  };
  return firstRows(ledger, condition, storedKey, MOST_OF_A_BUCKET);
}
