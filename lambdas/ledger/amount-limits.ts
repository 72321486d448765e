import * as z from 'zod';
import { type Decision, refused } from './decision.ts';
import { type Currency, currencyCode, formatAmount, parseUnits } from './money.ts';
import type { NewTransaction } from './transactions.ts';

/** The currency with the most decimals: what can be written in it can be written in every other one. */
const FINEST = currencyCode.parse('BTC');

/**
 * Limits of a stage on what admins do, by currency, in its whole units; `*` is every other currency. Zero:
 * every amount is above it.
 */
export const amountLimits = z
  .record(
    z.union([z.literal('*'), currencyCode]),
    z.string().regex(/^(0|[1-9]\d*)$/, 'a limit is a whole number'),
  )
  .superRefine((limits, ctx) => {
    for (const [code, text] of Object.entries(limits)) {
      const { data: currency = FINEST } = currencyCode.safeParse(code);
      if (typeof parseUnits(text, currency) === 'bigint') continue;
      const message = 'a limit has at most 18 digits, with the decimals of its currency';
      ctx.addIssue({ code: 'custom', path: [code], message, input: text });
    }
  });
export type AmountLimits = Readonly<Record<string, string>>;

/** The limit for a currency, in minor units; undefined where there is none. */
function limitIn(limits: AmountLimits, currency: Currency): bigint | undefined {
  const text = limits[currency] ?? limits['*'];
  if (text === undefined) return undefined;
  const limit = parseUnits(text, currency);
  // The settings are checked when they are read.
  if (typeof limit === 'string') throw new Error(`${text} is no limit in ${currency}`);
  return limit;
}

/** What an admin's operation gives: nothing where it lowers a credit limit. */
const isGiven = (transaction: NewTransaction): boolean =>
  transaction.type !== 'limit_change' || transaction.amount > transaction.limitBefore;

/** The limit of a stage, in minor units, that an admin's operation gives more than. */
function exceededLimit(limits: AmountLimits, transaction: NewTransaction): bigint | undefined {
  const limit = limitIn(limits, transaction.currency);
  if (limit === undefined || transaction.amount <= limit) return undefined;
  return isGiven(transaction) ? limit : undefined;
}

/** Whether an admin's operation gives more than a stage's limit. */
export const exceeds = (limits: AmountLimits, transaction: NewTransaction): boolean =>
  exceededLimit(limits, transaction) !== undefined;

/**
 * Bounds what an admin can move, or set as a limit, in one request: what the rule refuses is refused for that.
 * Refuses: amount_above_admin_limit.
 */
export function boundedBy<New extends NewTransaction>(
  limits: AmountLimits,
  decision: Decision<New>,
): Decision<New> {
  if (decision.kind !== 'accepted') return decision;
  const { currency } = decision.transaction;
  const limit = exceededLimit(limits, decision.transaction);
  if (limit === undefined) return decision;
  return refused('amount_above_admin_limit', { limit: formatAmount(limit, currency), currency });
}
