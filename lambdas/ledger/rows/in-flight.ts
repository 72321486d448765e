import * as z from 'zod';
import { allDueKeys } from '../keys.ts';
import { type Currency, currencyCode, type MinorUnits, minor, minorUnits } from '../money.ts';
import { type Ledger, queryRows } from '../table.ts';

const dueRow = z.object({
  type: z.string(),
  source: z.string().optional(),
  currency: currencyCode,
  amount: minorUnits,
});

/**
 * Credit withdrawals on their way to the bank: every row that is under way has a `DUE` key, and
 * nothing else has. As fresh as the index, so a figure to look at, never one to decide on.
 */
export async function creditInFlight(ledger: Ledger, currency: Currency): Promise<MinorUnits> {
  const sums = await Promise.all(
    allDueKeys('DUE').map((dueKey) => sumOf(ledger, dueKey, currency)),
  );
  return minor(sums.reduce((total, sum) => total + sum, 0n));
}

async function sumOf(ledger: Ledger, dueKey: string, currency: Currency): Promise<bigint> {
  const condition = {
    IndexName: 'due',
    KeyConditionExpression: 'dueKey = :key',
    ExpressionAttributeValues: { ':key': dueKey },
  };
  let sum = 0n;
  for await (const row of queryRows(ledger, condition, dueRow)) {
    if (row.type === 'withdrawal' && row.source === 'credit' && row.currency === currency)
      sum += row.amount;
  }
  return sum;
}
