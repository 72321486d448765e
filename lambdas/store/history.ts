import * as z from 'zod';
import { type Transaction, type TransactionType, transactionRow } from '../domain/transaction.ts';
import { getRows, type Ledger, queryRows } from './ledger.ts';

const candidate = z.object({
  pk: z.string(),
  sk: z.string(),
  byTime: z.string(),
  type: z.string(),
});

/** A page is never bought with more reads than this; the caller's cursor goes on from there. */
const MOST_ROWS = 1_000;

export type HistoryPage = {
  readonly transactions: readonly Transaction[];
  /** Where the next page begins; undefined at the end. */
  readonly last: string | undefined;
};

/** One subject's transactions of a type, newest first, from before a position. The index finds, the rows decide. */
export async function history(
  ledger: Ledger,
  pk: string,
  type: TransactionType,
  before: string | undefined,
  limit: number,
): Promise<HistoryPage> {
  const condition = {
    IndexName: 'byTime',
    KeyConditionExpression: `pk = :pk${before === undefined ? '' : ' AND byTime < :before'}`,
    ExpressionAttributeValues: { ':pk': pk, ...(before !== undefined && { ':before': before }) },
    ScanIndexForward: false,
    Limit: 100,
  };
  const page: z.infer<typeof candidate>[] = [];
  let read = 0;
  let last: string | undefined;
  let more = false;
  for await (const row of queryRows(ledger, condition, candidate)) {
    if (page.length === limit || read === MOST_ROWS) {
      more = true;
      break;
    }
    read += 1;
    last = row.byTime;
    if (row.type === type) page.push(row);
  }
  return {
    transactions: await getRows(ledger, page, transactionRow),
    last: more ? last : undefined,
  };
}
