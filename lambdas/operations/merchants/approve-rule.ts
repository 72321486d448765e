import { openCreditLine, openWallet } from '../../ledger/balances.ts';
import { type Decision, refused } from '../../ledger/decision.ts';
import { decideStatus, type Merchant } from '../../ledger/merchant.ts';
import type { Currency, MinorUnits } from '../../ledger/money.ts';
import type { PlainReason } from '../../ledger/reasons.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';

export type Approval = { readonly limit: MinorUnits; readonly currency: Currency };

const NOT_PENDING: Record<Exclude<Merchant['status'], 'PENDING'>, PlainReason> = {
  ACTIVE: 'merchant_already_approved',
  SUSPENDED: 'merchant_already_approved',
  ARCHIVED: 'merchant_already_approved',
  REJECTED: 'merchant_rejected',
};

/**
 * Opens a credit line and a wallet for a merchant that is still PENDING, once (ID-2). A limit is no money,
 * so nothing is posted.
 */
export function decideApproval(
  merchant: Merchant | undefined,
  { limit, currency }: Approval,
): Decision<NewTransactionOf<'approval'>> {
  if (merchant === undefined) return refused('merchant_not_found');
  if (merchant.status !== 'PENDING') return refused(NOT_PENDING[merchant.status]);

  return {
    kind: 'accepted',
    transaction: {
      type: 'approval',
      status: 'SUCCEEDED',
      amount: limit,
      currency,
      merchantId: merchant.id,
    },
    postings: [],
    guards: [],
    changes: [
      decideStatus(merchant, 'ACTIVE'),
      openCreditLine(merchant.id, currency, limit),
      ...openWallet(merchant.id, currency),
    ],
  };
}
