import * as z from 'zod';
import { currencyCode, minorUnits } from './money.ts';

/** Who changed a balance row last, set in the same write: a change by hand shows. */
const changedBy = { seq: z.bigint(), txn: z.string(), phase: z.string() };

/** A merchant's credit in one currency. `available` is computed, never stored. */
export const creditRow = z.object({
  currency: currencyCode,
  limit: minorUnits,
  utilised: minorUnits,
  ...changedBy,
});
export type CreditLine = z.infer<typeof creditRow>;

export const creditAvailable = ({
  limit,
  utilised,
}: Pick<CreditLine, 'limit' | 'utilised'>): bigint => (limit > utilised ? limit - utilised : 0n);

export const walletRow = z.object({
  currency: currencyCode,
  available: minorUnits,
  pending: minorUnits,
  /** Set when its merchant is archived; no payer may credit it any more. */
  closed: z.boolean().optional(),
  ...changedBy,
});
export type Wallet = z.infer<typeof walletRow>;

/** The pool's root row. `lent` is what merchants owe it: available + lent is all that was paid in. */
export const poolRow = z.object({
  currency: currencyCode,
  available: minorUnits,
  lent: minorUnits,
  ...changedBy,
});
export type PoolRow = z.infer<typeof poolRow>;

/** A part of the pool that pays or is paid back, by the name of its row. */
export const poolShare = z.object({ shard: z.string(), amount: minorUnits });
export type PoolShare = z.infer<typeof poolShare>;
