import { z } from 'zod';
import { currencyCode, formatAmount, type MinorUnits, minor } from '../lambdas/ledger/money.ts';

/** Dollars in cents, as the load check counts them: whole numbers, never a float. */
export type Money = MinorUnits;
const USD = currencyCode.parse('USD');

export const money = (cents: bigint): Money => minor(cents);
export const moneyText = (amount: Money): string => formatAmount(amount, USD);
export const sum = (amounts: readonly Money[]): Money => money(amounts.reduce((a, b) => a + b, 0n));

/** An amount of the API's or the bank's; unlike an order's, it may be zero. */
export const dollars = z
  .string()
  .regex(/^\d+\.\d{2}$/)
  .transform((text) => money(BigInt(text.replace('.', ''))));
