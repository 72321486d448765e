import type { Status, Transaction } from './transactions.ts';

/** A deposit whose funds have been pending; what was reversed no longer becomes available. */
const releaseOf = (row: Transaction): string | undefined =>
  row.type === 'deposit' && row.status === 'SUCCEEDED' && row.reversedBy === undefined
    ? row.releaseAt
    : undefined;

/**
 * The status at an instant. A deposit is stored as SUCCEEDED, so that no row has to change when its
 * funds become available. Until then it is shown as PENDING.
 */
export function statusAt(row: Transaction, now: Date): Status {
  const releaseAt = releaseOf(row);
  return releaseAt !== undefined && releaseAt > now.toISOString() ? 'PENDING' : row.status;
}

/** When it last entered each status, as `statusAt` shows it. */
export function timesAt(row: Transaction, now: Date): Transaction['at'] {
  const releaseAt = releaseOf(row);
  if (releaseAt === undefined) return row.at;
  const { SUCCEEDED: PENDING = row.createdAt, ...others } = row.at;
  return { ...others, PENDING, ...(releaseAt <= now.toISOString() && { SUCCEEDED: releaseAt }) };
}
