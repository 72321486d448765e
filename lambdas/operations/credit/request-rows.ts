import type { LedgerContext } from '../../ledger/context.ts';
import { merchantOf } from '../../ledger/keys.ts';
import type { Currency } from '../../ledger/money.ts';
import { readOwn } from '../../ledger/rows/own-rows.ts';
import { findTransactionKey } from '../../ledger/rows/transactions.ts';
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
  const key = await findTransactionKey(ledger, id);
  return key && readCreditRequest(ledger, merchantOf(key.pk), id);
}
