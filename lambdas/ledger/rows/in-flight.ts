import * as z from 'zod';
import type { LedgerContext } from '../context.ts';
import { allCheckKeys } from '../keys.ts';
import { type Currency, currencyCode, type MinorUnits, minor, minorUnits } from '../money.ts';
import { queryRows } from '../table.ts';

const indexed = z.object({
  source: z.string().optional(),
  currency: currencyCode,
  amount: minorUnits,
});

/**
 * Payouts from credit on their way to a provider, in minor units: every row that is under way has a
 * `PAYOUT` key, and no other row has. As fresh as the index: a figure to show, never one to decide on.
 */
export async function creditInFlight(
  ledger: LedgerContext,
  currency: Currency,
): Promise<MinorUnits> {
  const sums = await Promise.all(
    allCheckKeys('PAYOUT').map((nextCheckKey) => sumOf(ledger, nextCheckKey, currency)),
  );
  return minor(sums.reduce((total, sum) => total + sum, 0n));
}

async function sumOf(
  ledger: LedgerContext,
  nextCheckKey: string,
  currency: Currency,
): Promise<bigint> {
  const condition = {
    IndexName: 'nextCheck',
    KeyConditionExpression: 'nextCheckKey = :key',
    ExpressionAttributeValues: { ':key': nextCheckKey },
  };
  let sum = 0n;
  for await (const row of queryRows(ledger, condition, indexed)) {
    if (row.source === 'credit' && row.currency === currency) sum += row.amount;
  }
  return sum;
}
