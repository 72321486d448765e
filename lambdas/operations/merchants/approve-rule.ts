import type { Merchant } from '../../ledger/merchant.ts';
import type { Currency, MinorUnits } from '../../ledger/money.ts';
import { type Reason, type Refused, refused } from '../../ledger/reasons.ts';
import type { Draft } from '../../ledger/transactions.ts';

export type Approval = { readonly limit: MinorUnits; readonly currency: Currency };
export type AcceptedApproval = {
  readonly kind: 'accepted';
  readonly transaction: Draft;
  readonly merchant: Merchant;
};

const NOT_PENDING: Record<Exclude<Merchant['status'], 'PENDING'>, Reason> = {
  ACTIVE: 'merchant_already_approved',
  SUSPENDED: 'merchant_already_approved',
  ARCHIVED: 'merchant_already_approved',
  REJECTED: 'merchant_rejected',
};

/** Opens a credit line and a wallet for a merchant that is still PENDING, once (ID-2). */
export function decideApproval(
  merchant: Merchant | undefined,
  { limit, currency }: Approval,
  now: Date,
): Refused | AcceptedApproval {
  if (merchant === undefined) return refused('merchant_not_found');
  if (merchant.status !== 'PENDING') return refused(NOT_PENDING[merchant.status]);

  const at = now.toISOString();
  return {
    kind: 'accepted',
    merchant,
    transaction: {
      type: 'approval',
      status: 'SUCCEEDED',
      amount: limit,
      currency,
      merchantId: merchant.id,
      createdAt: at,
      at: { SUCCEEDED: at },
      // A limit is a promise, not money: nothing is posted.
      phases: [{ name: 'accept', at, postings: {} }],
    },
  };
}
