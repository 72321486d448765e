import type { LedgerContext } from '../../ledger/context.ts';
import type { Currency } from '../../ledger/money.ts';
import { readOwn } from '../../ledger/rows/own-rows.ts';
import { findTransaction } from '../../ledger/rows/transactions.ts';
import {
  type CreditRequest,
  creditRequestRow,
  type LatestRequest,
  latestId,
  latestRequestRow,
} from './request-rule.ts';

export const readCreditRequest = (
  ledger: LedgerContext,
  merchantId: string,
  id: string,
): Promise<CreditRequest | undefined> =>
  readOwn(ledger, merchantId, 'CREDITREQ', id, creditRequestRow);

export const readLatestRequest = (
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
): Promise<LatestRequest | undefined> =>
  readOwn(ledger, merchantId, 'CREDITREQ', latestId(currency), latestRequestRow);

/** By its id alone, read strongly once the index has found its merchant. */
export async function findCreditRequest(
  ledger: LedgerContext,
  id: string,
): Promise<CreditRequest | undefined> {
  const row = await findTransaction(ledger, id);
  return row?.type === 'credit_request' ? readCreditRequest(ledger, row.merchantId, id) : undefined;
}
