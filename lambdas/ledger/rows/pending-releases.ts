import type { LabelledWrite } from '../commit.ts';
import { dueKeys, merchantPk, trancheKey, tranchesOf } from '../keys.ts';
import type { Currency, MinorUnits } from '../money.ts';
import { type Tranche, trancheRow } from '../pending-releases.ts';
import { firstRows, type Ledger, queryRows } from '../table.ts';
import { isNew } from './conditions.ts';

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
        ...dueKeys(tranche.depositId, tranche.releaseAt, 'RELEASE'),
        ...tranche,
      },
      ConditionExpression: isNew,
    },
  },
});

/** `~` sorts behind every id: what matures at this very instant has matured. */
const until = (now: Date): string => `${now.toISOString()}#~`;

/** One wallet's tranches from one place in the order of their release to another, soonest first. */
const between = (merchantId: string, currency: Currency, first: string, last: string) => ({
  KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
  ExpressionAttributeValues: {
    ':pk': merchantPk(merchantId),
    ':first': tranchesOf(currency) + first,
    ':last': tranchesOf(currency) + last,
  },
  ConsistentRead: true,
});

/** Those whose time has come, oldest first, at most as many as make up `amount`. */
export async function maturedTranches(
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  amount: MinorUnits,
  now: Date,
): Promise<Tranche[]> {
  const condition = between(merchantId, currency, '', until(now));
  const found: Tranche[] = [];
  let sum = 0n;
  for await (const tranche of queryRows(ledger, condition, trancheRow)) {
    found.push(tranche);
    sum += tranche.amount;
    if (sum >= amount) break;
  }
  return found;
}

/** Those whose time has not come, soonest first, from behind a place in their order. */
export const upcomingTranches = (
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  now: Date,
  { after, most }: { readonly after?: string | undefined; readonly most: number },
): Promise<Tranche[]> => {
  const first = after === undefined ? until(now) : `${after}!`;
  return firstRows(ledger, between(merchantId, currency, first, '~'), trancheRow, most);
};

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
