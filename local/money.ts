import { z } from 'zod';
import { currencyCode, formatAmount, type MinorUnits, minor } from '../lambdas/ledger/money.ts';

/** US dollars in cents, for the load check. Whole numbers, never a float. */
export type Money = MinorUnits;
const USD = currencyCode.parse('USD');

export const money = (cents: bigint): Money => minor(cents);
export const moneyText = (amount: Money): string => formatAmount(amount, USD);
export const sum = (amounts: readonly Money[]): Money => money(amounts.reduce((a, b) => a + b, 0n));

/** An amount in a response of the API or the bank. Unlike the amount of a payout, it can be zero. */
export const dollars = z
  .string()
  .regex(/^\d+\.\d{2}$/)
  .transform((text) => money(BigInt(text.replace('.', ''))));
