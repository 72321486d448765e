import * as z from 'zod';
import type { LabelledWrite } from '../commit.ts';
import {
  allDueKeys,
  type DueKind,
  dueKeys,
  dueKindOf,
  merchantOf,
  transactionKey,
} from '../keys.ts';
import { type Tranche, trancheRow } from '../pending-releases.ts';
import { firstRows, getRow, type Ledger } from '../table.ts';
import { type Transaction, transactionRow } from '../transactions.ts';

const candidate = z.object({ pk: z.string(), sk: z.string() });

export type Overdue<Row> = {
  readonly rows: readonly Row[];
  /** Rows and buckets that could not be read; they must not keep the others from being found. */
  readonly failures: readonly unknown[];
};

/** Of each bucket, at a time; what is left is still due the next time. */
const MOST_OF_A_BUCKET = 100;

/** Transactions whose time has passed, oldest first in each bucket. */
export async function overdue(ledger: Ledger, now: Date): Promise<Overdue<Transaction>> {
  const { rows, failures } = await rowsDue(ledger, ['DUE', 'TIMED'], now, transactionRow);
  // The index may be behind: the row itself says whether it is due.
  return { rows: rows.filter(({ due = '~' }) => due <= now.toISOString()), failures };
}

const ownedTranche = trancheRow.extend({ pk: z.string() });
export type OwnedTranche = Tranche & { readonly merchantId: string };

/** Matured tranches that nobody has folded yet, likewise. */
export async function maturedEverywhere(ledger: Ledger, now: Date): Promise<Overdue<OwnedTranche>> {
  const { rows, failures } = await rowsDue(ledger, ['RELEASE'], now, ownedTranche);
  const owned = rows.map(({ pk, ...tranche }) => ({ ...tranche, merchantId: merchantOf(pk) }));
  return { rows: owned, failures };
}

async function rowsDue<Schema extends z.ZodType>(
  ledger: Ledger,
  kinds: readonly DueKind[],
  now: Date,
  schema: Schema,
): Promise<Overdue<z.output<Schema>>> {
  const found = apart(
    await Promise.allSettled(
      kinds.flatMap(allDueKeys).map((dueKey) => firstDue(ledger, dueKey, now.toISOString())),
    ),
  );
  const read = apart(
    await Promise.allSettled(found.values.flat().map((key) => getRow(ledger, key, schema))),
  );
  return {
    rows: read.values.filter((row) => row !== undefined),
    failures: [...found.failures, ...read.failures],
  };
}

const apart = <Value>(results: readonly PromiseSettledResult<Value>[]) => ({
  values: results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
  failures: results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])),
});

function firstDue(
  ledger: Ledger,
  dueKey: string,
  now: string,
): Promise<z.infer<typeof candidate>[]> {
  const condition = {
    IndexName: 'due',
    KeyConditionExpression: 'dueKey = :key AND due <= :now',
    ExpressionAttributeValues: { ':key': dueKey, ':now': now },
  };
  return firstRows(ledger, condition, candidate, MOST_OF_A_BUCKET);
}

/** Moves a row's due time on, if it is still the one that was read: of two sweeps, one may go on. */
export const postponeDue = (
  { table }: Ledger,
  { pk, txnId, status, due = '' }: Transaction,
  next: string,
): LabelledWrite => ({
  label: 'transaction',
  write: {
    Update: {
      TableName: table,
      Key: transactionKey(pk, txnId),
      UpdateExpression: 'SET due = :next, dueKey = :key',
      // And in the same status: its kind of key follows from it.
      ConditionExpression: 'due = :read AND #status = :status',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: {
        ':next': next,
        ':key': dueKeys(txnId, next, dueKindOf(status)).dueKey,
        ':read': due,
        ':status': status,
      },
    },
  },
});
