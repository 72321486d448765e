import * as z from 'zod';
import { type Transaction, transactionRow } from '../domain/transaction.ts';
import type { LabelledWrite } from './commit.ts';
import { allDueKeys, dueKeys, transactionKey } from './keys.ts';
import { getRow, type Ledger, queryRows } from './ledger.ts';

const candidate = z.object({ pk: z.string(), sk: z.string() });

export type Overdue = {
  readonly rows: readonly Transaction[];
  /** Rows that could not be read; they must not keep the others from being found. */
  readonly failures: readonly unknown[];
};

/** Transactions whose time has passed, oldest first in each bucket, at most `most` of each. */
export async function overdue(ledger: Ledger, now: Date, most: number): Promise<Overdue> {
  const found = await Promise.all(
    allDueKeys.map((dueKey) => overdueIn(ledger, dueKey, now.toISOString(), most)),
  );
  const read = await Promise.allSettled(
    found.flat().map((key) => getRow(ledger, key, transactionRow)),
  );
  return {
    // The index may be behind: the row itself says whether it is due.
    rows: read.flatMap((each) =>
      each.status === 'fulfilled' && (each.value?.due ?? '~') <= now.toISOString()
        ? (each.value ?? [])
        : [],
    ),
    failures: read.flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])),
  };
}

async function overdueIn(
  ledger: Ledger,
  dueKey: string,
  now: string,
  most: number,
): Promise<z.infer<typeof candidate>[]> {
  const condition = {
    IndexName: 'due',
    KeyConditionExpression: 'dueKey = :key AND due <= :now',
    ExpressionAttributeValues: { ':key': dueKey, ':now': now },
    Limit: most,
  };
  const rows: z.infer<typeof candidate>[] = [];
  for await (const row of queryRows(ledger, condition, candidate)) {
    if (row.sk.startsWith('TXN#')) rows.push(row);
    if (rows.length === most) break;
  }
  return rows;
}

/** Moves a row's due time on, if it is still the one that was read: of two sweeps, one may go on. */
export const postponeDue = (
  { table }: Ledger,
  { pk, txnId, due = '' }: Transaction,
  next: string,
): LabelledWrite => ({
  label: 'transaction',
  write: {
    Update: {
      TableName: table,
      Key: transactionKey(pk, txnId),
      UpdateExpression: 'SET due = :next, dueKey = :key',
      ConditionExpression: 'due = :read',
      ExpressionAttributeValues: {
        ':next': next,
        ':key': dueKeys(txnId, next).dueKey,
        ':read': due,
      },
    },
  },
});
