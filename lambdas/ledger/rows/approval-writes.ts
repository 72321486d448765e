import type { AcceptedApproval } from '../../operations/merchants/approve-rule.ts';
import type { LabelledWrite } from '../commit.ts';
import { creditKey, merchantKey, statusKeyOf, walletKey } from '../keys.ts';
import type { Ledger } from '../table.ts';
import { isNew, unchangedSinceRead } from './conditions.ts';

/** Makes the merchant ACTIVE and opens its first credit line and wallet, all or nothing (ID-2). */
export function approvalWrites(
  { table }: Ledger,
  { merchant, transaction: { amount: limit, currency } }: AcceptedApproval,
  txnId: string,
): readonly LabelledWrite[] {
  const opened = { currency, seq: 1n, txn: txnId, phase: 'accept' };
  return [
    {
      label: 'merchant',
      write: {
        Update: {
          TableName: table,
          Key: merchantKey(merchant.id),
          UpdateExpression: 'SET #status = :active, statusKey = :statusKey, seq = :seqAfter',
          ConditionExpression: `${unchangedSinceRead} AND #status = :pending`,
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: {
            ':active': 'ACTIVE',
            ':pending': 'PENDING',
            ':statusKey': statusKeyOf('MERCHANT', 'ACTIVE', merchant.id),
            ':seqRead': merchant.seq,
            ':seqAfter': merchant.seq + 1n,
          },
        },
      },
    },
    {
      label: 'credit',
      write: {
        Put: {
          TableName: table,
          Item: { ...creditKey(merchant.id, currency), ...opened, limit, utilised: 0n },
          ConditionExpression: isNew,
        },
      },
    },
    {
      label: 'wallet',
      write: {
        Put: {
          TableName: table,
          Item: { ...walletKey(merchant.id, currency), ...opened, available: 0n, pending: 0n },
          ConditionExpression: isNew,
        },
      },
    },
  ];
}
