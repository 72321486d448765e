import * as z from 'zod';
import type { PoolShare } from '../balances.ts';
import type { LabelledWrite } from '../commit.ts';
import {
  dueKeys,
  dueKindOf,
  merchantPk,
  recipientKey,
  statusKeyOf,
  timeKey,
  transactionKey,
} from '../keys.ts';
import { getRow, type Ledger, queryRows } from '../table.ts';
import {
  isWatched,
  type Phase,
  type Transaction,
  transactionRow,
  WITHDRAWAL_MOVES,
  type WithdrawalMove,
} from '../transactions.ts';
import { isNew } from './conditions.ts';

export const readTransaction = (
  ledger: Ledger,
  pk: string,
  txnId: string,
): Promise<Transaction | undefined> => getRow(ledger, transactionKey(pk, txnId), transactionRow);

const found = z.object({ pk: z.string(), sk: z.string() });

/** One that concerns a merchant: in its own partition, or paid to it out of another's. */
export async function readTransactionOf(
  ledger: Ledger,
  merchantId: string,
  txnId: string,
): Promise<Transaction | undefined> {
  const own = await readTransaction(ledger, merchantPk(merchantId), txnId);
  if (own !== undefined) return own;
  const byId = {
    IndexName: 'byId',
    KeyConditionExpression: 'txnId = :id',
    ExpressionAttributeValues: { ':id': txnId },
  };
  for await (const key of queryRows(ledger, byId, found)) {
    const row = await getRow(ledger, key, transactionRow);
    if (row?.payeeId === merchantId) return row;
  }
  return undefined;
}

/** Index keys that follow from a transaction's state; absent ones take it out of the sparse index. */
const stateKeys = ({ txnId, status, createdAt, due }: Transaction) => ({
  ...(due !== undefined && dueKeys(txnId, due, dueKindOf(status))),
  ...(isWatched(status) && {
    statusKey: statusKeyOf('TXN', status, txnId),
    statusAt: timeKey(createdAt, txnId),
  }),
});

/** The record of a request, once for ever: the second condition that makes it exactly-once. */
export const putTransaction = ({ table }: Ledger, row: Transaction): LabelledWrite => ({
  label: 'transaction',
  write: {
    Put: {
      TableName: table,
      Item: {
        ...transactionKey(row.pk, row.txnId),
        byTime: timeKey(row.createdAt, row.txnId),
        ...recipientKey(row.payeeId),
        ...stateKeys(row),
        ...row,
      },
      ConditionExpression: isNew,
    },
  },
});

/** Proves, inside a refusal's own transaction, that the request has not been accepted meanwhile. */
export const noTransaction = ({ table }: Ledger, pk: string, txnId: string): LabelledWrite => ({
  label: 'transaction',
  write: {
    ConditionCheck: {
      TableName: table,
      Key: transactionKey(pk, txnId),
      ConditionExpression: isNew,
    },
  },
});

export type Progress = {
  /** Undefined leaves an attribute as it is; null removes it. */
  readonly attempt?: bigint;
  readonly leaseUntil?: string | null;
  readonly sentAt?: string | null;
  readonly due?: string | null;
  readonly bankRef?: string;
  readonly failure?: string;
  readonly phase?: Phase;
  readonly shares?: readonly PoolShare[];
  readonly limitDay?: string;
  readonly limitMonth?: string;
};

/**
 * Moves a withdrawal on. Only from the statuses `WITHDRAWAL_MOVES` lists; and, where `fence` is given,
 * only while the attempt and lease are still the ones that were read or taken.
 */
export function moveTransaction(
  { table }: Ledger,
  row: Transaction,
  move: WithdrawalMove,
  at: string,
  progress: Progress,
  fence: 'fenced' | 'fact',
): LabelledWrite {
  const { from, to } = WITHDRAWAL_MOVES[move];
  const { phase, due, ...plain } = progress;
  const isChange = row.status !== to;
  const values: Record<string, unknown> = { ':to': to, ...(isChange && { ':at': at }) };
  const sets = ['#status = :to', ...(isChange ? ['#at.#to = :at'] : [])];
  const removes: string[] = [];
  const assign = (name: string, value: unknown): void => {
    if (value === null) removes.push(name);
    else if (value !== undefined) {
      sets.push(`${name} = :${name}`);
      values[`:${name}`] = value;
    }
  };
  const dueAttributes = due ? dueKeys(row.txnId, due, dueKindOf(to)) : { due, dueKey: due };
  const watched = isWatched(to)
    ? { statusKey: statusKeyOf('TXN', to, row.txnId), statusAt: timeKey(row.createdAt, row.txnId) }
    : { statusKey: null, statusAt: null };
  for (const [name, value] of Object.entries({ ...plain, ...dueAttributes, ...watched })) {
    assign(name, value);
  }
  if (phase !== undefined) {
    sets.push('phases = list_append(phases, :phase)');
    values[':phase'] = [phase];
  }
  const conditions = [`#status IN (${from.map((_, index) => `:from${index}`).join(', ')})`];
  for (const [index, status] of from.entries()) values[`:from${index}`] = status;
  if (fence === 'fenced') {
    conditions.push('attempt = :attemptRead', sameAsRead('leaseUntil', row.leaseUntil, values));
    values[':attemptRead'] = row.attempt ?? 0n;
  }
  return {
    label: 'transaction',
    write: {
      Update: {
        TableName: table,
        Key: transactionKey(row.pk, row.txnId),
        UpdateExpression: `SET ${sets.join(', ')}${removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : ''}`,
        ConditionExpression: conditions.join(' AND '),
        ExpressionAttributeNames: {
          '#status': 'status',
          ...(isChange && { '#at': 'at', '#to': to }),
        },
        ExpressionAttributeValues: values,
      },
    },
  };
}

function sameAsRead(
  name: string,
  read: string | undefined,
  values: Record<string, unknown>,
): string {
  if (read === undefined) return `attribute_not_exists(${name})`;
  values[`:${name}Read`] = read;
  return `${name} = :${name}Read`;
}
