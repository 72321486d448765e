import type { Currency, MinorUnits } from '../domain/money.ts';
import { type Tranche, trancheRow } from '../domain/tranche.ts';
import type { LabelledWrite } from './commit.ts';
import { dueKeys, merchantPk, TRANCHE, trancheKey } from './keys.ts';
import { type Ledger, queryRows, rowsUnder } from './ledger.ts';

export const putTranche = (
  { table }: Ledger,
  merchantId: string,
  tranche: Tranche,
): LabelledWrite => ({
  label: 'tranche',
  write: {
    Put: {
      TableName: table,
      Item: {
        ...trancheKey(merchantId, tranche),
        ...dueKeys(tranche.txnId, tranche.releaseAt, 'RELEASE'),
        ...tranche,
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  },
});

/** All tranches of a merchant's wallets, the next to mature first in each currency. */
export const readTranches = (ledger: Ledger, merchantId: string): Promise<Tranche[]> =>
  rowsUnder(ledger, merchantPk(merchantId), TRANCHE, trancheRow);

/** Those whose time has come, oldest first, at most as many as make up `amount`. */
export async function maturedTranches(
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  amount: MinorUnits,
  now: Date,
): Promise<Tranche[]> {
  const prefix = `${TRANCHE}${currency}#`;
  const condition = {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
    ExpressionAttributeValues: {
      ':pk': merchantPk(merchantId),
      ':first': prefix,
      // `~` sorts behind every id: what matures at this very instant has matured.
      ':last': `${prefix}${now.toISOString()}#~`,
    },
    ConsistentRead: true,
  };
  const found: Tranche[] = [];
  let sum = 0n;
  for await (const tranche of queryRows(ledger, condition, trancheRow)) {
    found.push(tranche);
    sum += tranche.amount;
    if (sum >= amount) break;
  }
  return found;
}

/** Takes tranches away as their money becomes available; each only once, whoever tries. */
export const foldTranches = (
  { table }: Ledger,
  merchantId: string,
  tranches: readonly Tranche[],
): readonly LabelledWrite[] =>
  tranches.map((tranche) => ({
    label: 'tranche',
    write: {
      Delete: {
        TableName: table,
        Key: trancheKey(merchantId, tranche),
        ConditionExpression: 'attribute_exists(pk)',
      },
    },
  }));
