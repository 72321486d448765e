import type { AcceptedWithdrawal } from '../domain/withdrawal.ts';
import type { LabelledWrite } from './commit.ts';
import { creditKey, merchantKey } from './keys.ts';
import type { Ledger } from './ledger.ts';
import { lendFromPool } from './pool.ts';

/** The decision was made on exactly this version of the row. */
const unchangedSinceRead = 'seq = :seqRead';

/** A credit withdrawal lowers merchant, credit line and pool together, or none of them (CR-2). */
export function withdrawalWrites(
  ledger: Ledger,
  { merchant, spent, credit, utilisedAfter, shares, transaction }: AcceptedWithdrawal,
  txnId: string,
): readonly LabelledWrite[] {
  const { table } = ledger;
  return [
    {
      label: 'merchant',
      write: {
        Update: {
          TableName: table,
          Key: merchantKey(merchant.id),
          UpdateExpression: 'SET spent.#currency = :spent, seq = :seqAfter',
          ConditionExpression: `${unchangedSinceRead} AND #status = :active`,
          ExpressionAttributeNames: { '#currency': transaction.currency, '#status': 'status' },
          ExpressionAttributeValues: {
            ':spent': spent,
            ':seqRead': merchant.seq,
            ':seqAfter': merchant.seq + 1n,
            ':active': 'ACTIVE',
          },
        },
      },
    },
    {
      label: 'credit',
      write: {
        Update: {
          TableName: table,
          Key: creditKey(merchant.id, transaction.currency),
          UpdateExpression:
            'SET utilised = :utilisedAfter, seq = :seqAfter, txn = :txn, phase = :phase',
          ConditionExpression: `${unchangedSinceRead} AND #limit >= :utilisedAfter`,
          ExpressionAttributeNames: { '#limit': 'limit' },
          ExpressionAttributeValues: {
            ':utilisedAfter': utilisedAfter,
            ':seqRead': credit.seq,
            ':seqAfter': credit.seq + 1n,
            ':txn': txnId,
            ':phase': 'accept',
          },
        },
      },
    },
    ...lendFromPool(ledger, transaction.currency, shares, { txnId, phase: 'accept' }),
  ];
}
