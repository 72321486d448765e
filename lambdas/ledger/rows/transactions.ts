import * as z from 'zod';
import type { LedgerContext } from '../context.ts';
import type { Accepted } from '../decision.ts';
import {
  checkKindOf,
  type Key,
  merchantPk,
  nextCheckKeys,
  recipientKey,
  statusKeyOf,
  storedKey,
  timeKey,
  transactionKey,
} from '../keys.ts';
import { type PhaseName, type StoredPhase, storePhase } from '../postings.ts';
import type { RequestIdentity } from '../request-identity.ts';
import type { Change, Condition, Guard, RowRef } from '../row-writes.ts';
import { firstRows, getRow, queryRows } from '../table.ts';
import {
  isInFlight,
  isShown,
  needsAttention,
  type PayoutTransaction,
  STATUSES,
  type Status,
  type Transaction,
  transactionRow,
} from '../transactions.ts';

export const readTransaction = (
  ledger: LedgerContext,
  pk: string,
  txnId: string,
): Promise<Transaction | undefined> => getRow(ledger, transactionKey(pk, txnId), transactionRow);

/** Where a transaction is, by its id alone. The index may not have a row yet that was written just now. */
export async function findTransactionKey(
  ledger: LedgerContext,
  txnId: string,
): Promise<Key | undefined> {
  const byId = {
    IndexName: 'byId',
    KeyConditionExpression: 'txnId = :id',
    ExpressionAttributeValues: { ':id': txnId },
  };
  const [key] = await firstRows(ledger, byId, storedKey, 1);
  return key;
}

/** A transaction by its id alone, as its row is now. */
export async function findTransaction(
  ledger: LedgerContext,
  txnId: string,
): Promise<Transaction | undefined> {
  const key = await findTransactionKey(ledger, txnId);
  return key && getRow(ledger, key, transactionRow);
}

/**
 * A transaction that concerns a merchant, as far as it may see it: in its own partition, or paid to it by
 * another merchant.
 */
export async function readTransactionOf(
  ledger: LedgerContext,
  merchantId: string,
  txnId: string,
): Promise<Transaction | undefined> {
  const own = await readTransaction(ledger, merchantPk(merchantId), txnId);
  if (own !== undefined) return isShown(own) ? own : undefined;
  const other = await findTransaction(ledger, txnId);
  return other?.type === 'transfer' && other.payeeId === merchantId ? other : undefined;
}

/** Whether a merchant has a transaction in flight: a strong read of its rows, not of an index. */
export async function hasInFlight(ledger: LedgerContext, merchantId: string): Promise<boolean> {
  const open = STATUSES.filter(isInFlight);
  const names = open.map((_, index) => `:open${index}`);
  const condition = {
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
    FilterExpression: `#status IN (${names.join(', ')})`,
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: {
      ':pk': merchantPk(merchantId),
      ':prefix': 'TXN#',
      ...Object.fromEntries(open.map((status, index) => [`:open${index}`, status])),
    },
    ConsistentRead: true,
  };
  for await (const _row of queryRows(ledger, condition, z.unknown())) return true;
  return false;
}

export const rowOf = ({ pk, txnId }: Pick<Transaction, 'pk' | 'txnId'>): RowRef => ({
  kind: 'transaction',
  pk,
  txnId,
});

const statusKeys = (
  { txnId, createdAt }: Pick<Transaction, 'txnId' | 'createdAt'>,
  status: Status,
) => ({ statusKey: statusKeyOf('TXN', status, txnId), statusAt: timeKey(createdAt, txnId) });

/** A new transaction with its identity, its time, and the phase that moves its money. */
export function stamp(
  { transaction, postings }: Pick<Accepted, 'transaction' | 'postings'>,
  { pk, txnId, hash, admin }: Omit<RequestIdentity, 'responseId'>,
  now: Date,
  phase: PhaseName,
): Transaction {
  const at = now.toISOString();
  return {
    ...transaction,
    pk,
    txnId,
    requestHash: hash,
    ...(admin !== undefined && { admin }),
    createdAt: at,
    at: { [transaction.status]: at },
    phases: postings.length === 0 ? [] : [storePhase(phase, at, postings, transaction)],
  };
}

/** A transaction with the keys of the indexes that it belongs to. */
export const attributesOf = (transaction: Transaction): Readonly<Record<string, unknown>> => {
  const { txnId, status, createdAt } = transaction;
  const nextCheckAt = 'nextCheckAt' in transaction ? transaction.nextCheckAt : undefined;
  return {
    ...transaction,
    byTime: timeKey(createdAt, txnId),
    ...('payeeId' in transaction && recipientKey(transaction.payeeId)),
    ...(nextCheckAt !== undefined && nextCheckKeys(txnId, nextCheckAt, checkKindOf(status))),
    ...(needsAttention(status) && statusKeys(transaction, status)),
  };
};

/** The record of a request, once: the second condition that makes it exactly once. */
export const createTransaction = (transaction: Transaction): Change => ({
  row: rowOf(transaction),
  conditions: [],
  put: attributesOf(transaction),
});

/** Proves, inside a refusal's own transaction, that the request has not been accepted meanwhile. */
export const noTransaction = (pk: string, txnId: string): Guard => ({
  row: rowOf({ pk, txnId }),
  conditions: [{ must: 'be new' }],
});

/** A change of a payout's status, from the statuses it may start from. */
export type Transition = { readonly from: readonly Status[]; readonly to: Status };

/** What changes with a transition. Undefined leaves an attribute as it is; null removes it. */
export type Progress = {
  readonly attempt?: bigint;
  readonly leaseUntil?: string | null;
  readonly sentAt?: string | null;
  readonly reference?: string;
  readonly failure?: string;
  readonly nextCheckAt?: string | null;
  readonly phase?: StoredPhase;
  /** Of a withdrawal whose money is taken only now. */
  readonly limitDay?: string;
  readonly limitMonth?: string;
};

type TransitionOptions = {
  /** ISO 8601. */
  readonly at: string;
  /** Only while attempt, lease and last send are those that were read or written under the lease. */
  readonly requireLease: boolean;
};

/** Moves a payout on, only from the statuses that the transition lists. */
export function transition(
  row: PayoutTransaction,
  { from, to }: Transition,
  { phase, nextCheckAt, limitDay, limitMonth, ...progress }: Progress,
  { at, requireLease }: TransitionOptions,
): Change {
  const attributes = {
    ...Object.fromEntries(
      Object.entries(progress).map(([name, value]) => [`payout.${name}`, value]),
    ),
    limitDay,
    limitMonth,
    ...checkKeys(row, to, nextCheckAt),
    ...(needsAttention(to) ? statusKeys(row, to) : { statusKey: null, statusAt: null }),
  };
  const written = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return {
    row: rowOf(row),
    conditions: [
      { must: 'be one of', path: 'status', values: from },
      ...(requireLease ? leaseAsRead(row) : []),
    ],
    set: {
      status: to,
      ...(row.status !== to && { [`at.${to}`]: at }),
      ...Object.fromEntries(written.filter(([, value]) => value !== null)),
    },
    remove: written.filter(([, value]) => value === null).map(([name]) => name),
    ...(phase !== undefined && { append: { phases: [phase] } }),
  };
}

const checkKeys = ({ txnId }: Transaction, to: Status, nextCheckAt: string | null | undefined) =>
  typeof nextCheckAt === 'string'
    ? nextCheckKeys(txnId, nextCheckAt, checkKindOf(to))
    : { nextCheckAt, nextCheckKey: nextCheckAt };

/** A worker that overslept its lease may still send, until the next worker claims. */
const leaseAsRead = ({
  payout: { attempt, leaseUntil, sentAt },
}: PayoutTransaction): Condition[] => [
  { must: 'equal', path: 'payout.attempt', value: attempt },
  asRead('payout.leaseUntil', leaseUntil),
  asRead('payout.sentAt', sentAt),
];

const asRead = (path: string, value: string | undefined): Condition =>
  value === undefined ? { must: 'be absent', path } : { must: 'equal', path, value };

/** Moves the next check on, if it and the status are as they were read: of two recoveries, one may go on. */
export const postponeCheck = (row: PayoutTransaction, read: string, next: string): Change => ({
  row: rowOf(row),
  conditions: [
    { must: 'equal', path: 'nextCheckAt', value: read },
    { must: 'equal', path: 'status', value: row.status },
  ],
  set: nextCheckKeys(row.txnId, next, checkKindOf(row.status)),
});
