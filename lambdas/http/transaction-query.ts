import * as z from 'zod';
import { currencyCode } from '../ledger/money.ts';
import type { HistoryFilter } from '../ledger/rows/history.ts';
import { referenceFilter } from './annotations.ts';
import { notBefore, pageQuery } from './fields.ts';

/** By name or id, in any case. */
const party = z.string().min(1).max(64).toLowerCase();

/** The filters of every list of transactions. The statuses depend on the caller. */
export const transactionQuery = {
  ...pageQuery,
  currency: currencyCode.optional(),
  reference: referenceFilter.optional(),
  payer: party.optional(),
  payee: party.optional(),
  created_after: notBefore.optional(),
  created_before: notBefore.optional(),
};
type TransactionQuery = z.output<z.ZodObject<typeof transactionQuery>>;

/** The check of a query with these filters. */
export function inOrder(
  { created_after: after, created_before: before }: TransactionQuery,
  ctx: z.core.$RefinementCtx,
): void {
  if (after === undefined || before === undefined || after <= before) return;
  const path = ['created_before'];
  ctx.addIssue({ code: 'custom', path, message: 'range_reversed', input: before });
}

export const filterOf = ({
  currency,
  reference,
  payer,
  payee,
  created_after: createdAfter,
  created_before: createdBefore,
}: TransactionQuery): HistoryFilter => ({
  currency,
  reference,
  payer,
  payee,
  createdAfter,
  createdBefore,
});
