import * as z from 'zod';
import type { LedgerContext } from '../context.ts';
import { type Key, nameOfKey, storedKey } from '../keys.ts';
import { firstRows } from '../table.ts';

const candidate = storedKey.extend({ statusAt: z.string() });
type Candidate = z.infer<typeof candidate>;

/**
 * Rows in some statuses, newest first, from before a position. A status is spread over several index
 * partitions: each returns the most it could contribute, and the results are merged.
 */
export async function newestInStatus(
  ledger: LedgerContext,
  partitions: readonly string[],
  before: string | undefined,
  limit: number,
): Promise<{ readonly keys: readonly Key[]; readonly last: string | undefined }> {
  const found = await Promise.all(
    partitions.map((statusKey) => firstOf(ledger, statusKey, before, limit + 1)),
  );
  // A row that changes its status may be in two partitions of the index for a moment.
  const unique = new Map(found.flat().map((row) => [nameOfKey(row), row]));
  const newest = [...unique.values()].toSorted((a, b) => (a.statusAt < b.statusAt ? 1 : -1));
  const keys = newest.slice(0, limit);
  return { keys, last: newest.length > limit ? keys.at(-1)?.statusAt : undefined };
}

function firstOf(
  ledger: LedgerContext,
  statusKey: string,
  before: string | undefined,
  count: number,
): Promise<Candidate[]> {
  const condition = {
    IndexName: 'byStatus',
    KeyConditionExpression: `statusKey = :key${before === undefined ? '' : ' AND statusAt < :before'}`,
    ExpressionAttributeValues: {
      ':key': statusKey,
      ...(before !== undefined && { ':before': before }),
    },
    ScanIndexForward: false,
  };
  return firstRows(ledger, condition, candidate, count);
}
