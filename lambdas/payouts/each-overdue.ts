import pMap from 'p-map';
import type { Overdue } from '../ledger/rows/next-check.ts';
import { log } from '../platform/logger.ts';

/** Enough for everything that one run may find to fit into its minute. */
const CONCURRENCY = 16;

/** Logs what could not be read. */
export function readable<Row>({ rows, failures }: Overdue<Row>): readonly Row[] {
  for (const failure of failures) log('error', 'ROW_UNREADABLE', {}, failure);
  return rows;
}

/** One that fails is logged, as `named` names it, and does not stop the others: the next run finds it again. */
export async function eachOverdue<Row>(
  rows: Iterable<Row>,
  named: (row: Row) => Parameters<typeof log>[2],
  recover: (row: Row) => Promise<void>,
): Promise<void> {
  const recovered = (row: Row) =>
    recover(row).catch((error: unknown) => log('error', 'RECORD_FAILED', named(row), error));
  await pMap(rows, recovered, { concurrency: CONCURRENCY });
}
