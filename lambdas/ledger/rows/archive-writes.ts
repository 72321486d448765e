import * as z from 'zod';
import type { AcceptedArchive } from '../../operations/merchants/archive-rule.ts';
import type { LabelledWrite } from '../commit.ts';
import { merchantKey, merchantPk, statusKeyOf, walletKey } from '../keys.ts';
import { type Ledger, queryRows } from '../table.ts';
import { isFinal, STATUSES } from '../transactions.ts';
import { unchangedSinceRead } from './conditions.ts';

/** Whether a merchant has a transaction that is not final: a strong read of its own rows, not of an index. */
export async function hasInFlight(ledger: Ledger, merchantId: string): Promise<boolean> {
  const open = STATUSES.filter((status) => !isFinal(status));
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

/**
 * Archives the merchant as it was read, and closes each wallet while it is empty: whatever came in or
 * went out meanwhile has changed one of these rows, and the archive loses.
 */
export const archiveWrites = (
  { table }: Ledger,
  { merchant, wallets }: AcceptedArchive,
  txnId: string,
): readonly LabelledWrite[] => [
  {
    label: 'merchant',
    write: {
      Update: {
        TableName: table,
        Key: merchantKey(merchant.id),
        UpdateExpression: 'SET #status = :archived, statusKey = :statusKey, seq = :seqAfter',
        ConditionExpression: `${unchangedSinceRead} AND #status = :statusRead`,
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':archived': 'ARCHIVED',
          ':statusRead': merchant.status,
          ':statusKey': statusKeyOf('MERCHANT', 'ARCHIVED', merchant.id),
          ':seqRead': merchant.seq,
          ':seqAfter': merchant.seq + 1n,
        },
      },
    },
  },
  ...wallets.map(({ currency }) => ({
    label: 'wallet',
    write: {
      Update: {
        TableName: table,
        Key: walletKey(merchant.id, currency),
        UpdateExpression: 'SET closed = :yes, seq = seq + :one, txn = :txn, phase = :phase',
        ConditionExpression: 'available = :zero AND pending = :zero',
        ExpressionAttributeValues: {
          ':yes': true,
          ':zero': 0n,
          ':one': 1n,
          ':txn': txnId,
          ':phase': 'accept',
        },
      },
    },
  })),
];
