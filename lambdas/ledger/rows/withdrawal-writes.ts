import type { Draw, Execution } from '../../operations/withdrawals/rule.ts';
import type { LabelledWrite } from '../commit.ts';
import { creditKey } from '../keys.ts';
import type { Ledger } from '../table.ts';
import type { Transaction } from '../transactions.ts';
import { unchangedSinceRead } from './conditions.ts';
import { spendWrite } from './merchants.ts';
import { lendFromPool } from './pool.ts';
import { debitWallet } from './wallets.ts';

/** A withdrawal lowers what pays for it together with the merchant's counters, or nothing (CR-2, WD-1). */
export function withdrawalWrites(
  ledger: Ledger,
  { merchant, spent, draw }: Execution,
  { amount, currency }: Pick<Transaction, 'amount' | 'currency'>,
  txnId: string,
): readonly LabelledWrite[] {
  const change = { txnId, phase: 'accept' };
  return [
    spendWrite(ledger, merchant, currency, spent),
    ...(draw.source === 'wallet'
      ? debitWallet(ledger, merchant.id, currency, amount, draw.folds, change)
      : [
          drawCredit(ledger, merchant.id, draw, txnId),
          ...lendFromPool(ledger, currency, draw.shares, change),
        ]),
  ];
}

const drawCredit = (
  { table }: Ledger,
  merchantId: string,
  { credit, utilisedAfter }: Extract<Draw, { source: 'credit' }>,
  txnId: string,
): LabelledWrite => ({
  label: 'credit',
  write: {
    Update: {
      TableName: table,
      Key: creditKey(merchantId, credit.currency),
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
});
