import type { CreditLine } from '../balances.ts';
import type { LabelledWrite } from '../commit.ts';
import { creditKey, merchantKey, walletKey } from '../keys.ts';
import type { Merchant } from '../merchant.ts';
import type { Postings } from '../postings.ts';
import type { Ledger } from '../table.ts';
import type { Transaction } from '../transactions.ts';
import { addToBalance, type Change } from './balance-writes.ts';
import { returnToPool } from './pool.ts';

/** What a refund was decided on; a withdrawal from a wallet has no credit line behind it. */
export type RefundFacts = {
  readonly merchant: Merchant;
  readonly credit: CreditLine | undefined;
};

/** Gives a refused withdrawal back, by exactly the postings of its refund. */
export function refundWrites(
  ledger: Ledger,
  row: Transaction,
  { merchant, credit }: RefundFacts,
  given: Postings,
): readonly LabelledWrite[] {
  const change: Change = { txnId: row.txnId, phase: 'refund' };
  return [
    ...giveBackLimits(ledger, row, merchant),
    ...(credit === undefined
      ? []
      : [giveBackCredit(ledger, row, credit, given, merchant.id, change)]),
    ...(given.wallet === undefined
      ? []
      : [
          addToBalance(
            ledger,
            {
              label: 'wallet',
              key: walletKey(merchant.id, row.currency),
              add: { available: given.wallet },
              // A refund asks neither whether the merchant is active nor whether its wallet is open.
              condition: 'attribute_exists(pk)',
            },
            change,
          ),
        ]),
    ...(given.pool === undefined
      ? []
      : returnToPool(ledger, row.currency, row.shares ?? [], given.pool, change)),
  ];
}

/** Lowers the counters that still count the day or month of the withdrawal; others have started anew. */
function giveBackLimits(
  { table }: Ledger,
  row: Transaction,
  merchant: Merchant,
): readonly LabelledWrite[] {
  const spent = merchant.spent[row.currency];
  const counted = [
    { label: 'day', counter: 'dayAmount', current: spent?.day, stored: row.limitDay },
    { label: 'month', counter: 'monthAmount', current: spent?.month, stored: row.limitMonth },
  ].filter(({ current, stored }) => current !== undefined && current === stored);
  if (counted.length === 0) return [];
  const names = counted.flatMap(({ label, counter }) => [label, counter]);
  const path = (name: string): string => `spent.#currency.#${name}`;
  const lowered = counted.map(({ counter }) => `${path(counter)} = ${path(counter)} - :amount`);
  return [
    {
      label: 'merchant',
      write: {
        Update: {
          TableName: table,
          Key: merchantKey(merchant.id),
          UpdateExpression: `SET ${lowered.join(', ')}, seq = seq + :one`,
          ConditionExpression: counted
            .map(({ label }) => `${path(label)} = :${label}`)
            .join(' AND '),
          ExpressionAttributeNames: {
            '#currency': row.currency,
            ...Object.fromEntries(names.map((name) => [`#${name}`, name])),
          },
          ExpressionAttributeValues: {
            ':amount': row.amount,
            ':one': 1n,
            ...Object.fromEntries(counted.map(({ label, stored }) => [`:${label}`, stored])),
          },
        },
      },
    },
  ];
}

/** All of it while that much is still utilised; a split holds only for exactly what was read. */
function giveBackCredit(
  ledger: Ledger,
  row: Transaction,
  credit: CreditLine,
  given: Postings,
  merchantId: string,
  change: Change,
): LabelledWrite {
  const key = creditKey(merchantId, row.currency);
  const back = given.credit ?? 0n;
  const asRead = { condition: 'utilised = :read', values: { ':read': credit.utilised } };
  const enough = { condition: 'utilised >= :back', values: { ':back': row.amount } };
  if (back === 0n) {
    return {
      label: 'credit',
      write: {
        ConditionCheck: {
          TableName: ledger.table,
          Key: key,
          ConditionExpression: asRead.condition,
          ExpressionAttributeValues: asRead.values,
        },
      },
    };
  }
  const guard = back === -row.amount ? enough : asRead;
  return addToBalance(ledger, { label: 'credit', key, add: { utilised: back }, ...guard }, change);
}
