import type { Currency, MinorUnits } from '../domain/money.ts';
import { type Tranche, trancheRow } from '../domain/tranche.ts';
import type { LabelledWrite } from './commit.ts';
import { dueKeys, merchantPk, TRANCHE, trancheKey } from './keys.ts';
import { type Ledger, queryRows } from './ledger.ts';

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
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  },
});

const prefixOf = (currency: Currency): string => `${TRANCHE}${currency}#`;
/** `~` sorts behind every id: what matures at this very instant has matured. */
const until = (now: Date): string => `${now.toISOString()}#~`;

/** One wallet's tranches from one place in the order of their release to another, soonest first. */
const between = (
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  first: string,
  last: string,
): AsyncGenerator<Tranche> => {
  const prefix = prefixOf(currency);
  const condition = {
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
    ExpressionAttributeValues: {
      ':pk': merchantPk(merchantId),
      ':first': prefix + first,
      ':last': prefix + last,
    },
    ConsistentRead: true,
  };
  return queryRows(ledger, condition, trancheRow);
};

/** Those whose time has come, oldest first, at most as many as make up `amount`. */
export async function maturedTranches(
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  amount: MinorUnits,
  now: Date,
): Promise<Tranche[]> {
  const found: Tranche[] = [];
  let sum = 0n;
  for await (const tranche of between(ledger, merchantId, currency, '', until(now))) {
    found.push(tranche);
    sum += tranche.amount;
    if (sum >= amount) break;
  }
  return found;
}

/** Where a tranche stands among those of its wallet. */
export const placeOf = ({ releaseAt, depositId }: Tranche): string => `${releaseAt}#${depositId}`;

/** Those whose time has not come, soonest first, from behind a place in their order. */
export async function upcomingTranches(
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  now: Date,
  { after, most }: { readonly after?: string | undefined; readonly most: number },
): Promise<Tranche[]> {
  const first = after === undefined ? until(now) : `${after}!`;
  const found: Tranche[] = [];
  if (most === 0) return found;
  for await (const tranche of between(ledger, merchantId, currency, first, '~')) {
    found.push(tranche);
    if (found.length === most) break;
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
