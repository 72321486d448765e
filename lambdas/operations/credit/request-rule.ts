import * as z from 'zod';
import { type Decision, type Refused, refused } from '../../ledger/decision.ts';
import { activeOnTerms, type Merchant, spenderOf } from '../../ledger/merchant.ts';
import {
  type Currency,
  currencyCode,
  formatAmount,
  type MinorUnits,
  minor,
  minorUnits,
} from '../../ledger/money.ts';
import type { Change, RowRef } from '../../ledger/row-writes.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';
import { decideLimit, type LimitFacts, limitOf } from './limit-rule.ts';

export const CREDIT_REQUEST_STATUSES = ['OPEN', 'APPROVED', 'REJECTED'] as const;

/** What became of a merchant's request for more credit (CR-3). Its transaction says that it was made. */
export const creditRequestRow = z.object({
  /** Of its transaction. */
  id: z.string(),
  merchantId: z.string(),
  status: z.enum(CREDIT_REQUEST_STATUSES),
  currency: currencyCode,
  /** How much more, in minor units. */
  amount: minorUnits,
  /** The merchant's. */
  reason: z.string().optional(),
  createdAt: z.string(),
  /** The name of an admin, and when. Absent while it is open. */
  decidedBy: z.string().optional(),
  decidedAt: z.string().optional(),
  /** The limit that it was approved with. */
  limit: minorUnits.optional(),
  /** Why it was rejected, for the merchant. */
  rejection: z.string().optional(),
});
export type CreditRequest = z.infer<typeof creditRequestRow>;

/** The latest request of a merchant in one currency: the next one is made once it is decided. */
export const latestRequestRow = z.object({ requestId: z.string(), isOpen: z.boolean() });
export type LatestRequest = z.infer<typeof latestRequestRow>;
/** Its id among the requests. */
export const latestId = (currency: Currency): string => `LATEST-${currency}`;

const rowOf = (merchantId: string, id: string): RowRef => ({
  kind: 'own',
  merchantId,
  of: 'CREDITREQ',
  id,
});

/** Opens a request, if none is open in its currency. */
function openRequest(request: CreditRequest, latest: LatestRequest | undefined): readonly Change[] {
  const { merchantId, id, currency } = request;
  const row = rowOf(merchantId, latestId(currency));
  const next: LatestRequest = { requestId: id, isOpen: true };
  return [
    { row: rowOf(merchantId, id), conditions: [], put: request },
    latest === undefined
      ? { row, conditions: [], put: next }
      : { row, conditions: [{ must: 'equal', path: 'isOpen', value: false }], set: next },
  ];
}

type Decided = { readonly by: string; readonly at: Date } & (
  | { readonly status: 'APPROVED'; readonly limit: MinorUnits }
  | { readonly status: 'REJECTED'; readonly rejection: string }
);

/** Decides an open request, once. Another one may then be made in its currency. */
export const closeRequest = (
  { merchantId, id, currency }: CreditRequest,
  { by, at, ...decision }: Decided,
): readonly Change[] => [
  {
    row: rowOf(merchantId, id),
    conditions: [{ must: 'equal', path: 'status', value: 'OPEN' }],
    set: { ...decision, decidedBy: by, decidedAt: at.toISOString() },
  },
  {
    row: rowOf(merchantId, latestId(currency)),
    conditions: [{ must: 'equal', path: 'requestId', value: id }],
    set: { isOpen: false },
  },
];

export type CreditRequestOrder = {
  /** How much more, in minor units. */
  readonly amount: MinorUnits;
  readonly currency: Currency;
  readonly reason?: string | undefined;
};
export type CreditRequestFacts = {
  readonly merchant: Merchant | undefined;
  /** Its latest request in the same currency. */
  readonly latest: LatestRequest | undefined;
};

/**
 * A merchant asks for more credit (CR-3): one open request for each currency.
 * Refuses in this order: the merchant's status, a request that is open.
 */
export function decideCreditRequest(
  { merchant: found, latest }: CreditRequestFacts,
  { amount, currency, reason }: CreditRequestOrder,
  now: Date,
  id: string,
): Decision<NewTransactionOf<'credit_request'>> {
  const merchant = spenderOf(found);
  if ('kind' in merchant) return merchant;
  if (latest?.isOpen) return refused('credit_request_open', { id: latest.requestId });
  const { id: merchantId } = merchant;
  const asked = { amount, currency, merchantId, ...(reason !== undefined && { reason }) };
  return {
    kind: 'accepted',
    transaction: { type: 'credit_request', status: 'SUCCEEDED', ...asked },
    postings: [],
    guards: [activeOnTerms(merchant)],
    changes: openRequest({ id, status: 'OPEN', createdAt: now.toISOString(), ...asked }, latest),
  };
}

export type ApprovalFacts = LimitFacts & { readonly request: CreditRequest | undefined };

/**
 * Approves a request: the limit rises by what it asks for, or becomes another one (CR-3).
 * Refuses in this order: the request, its currency, what a limit refuses.
 */
export function decideRequestApproval(
  { request, ...facts }: ApprovalFacts,
  wanted: { readonly limit?: MinorUnits; readonly currency?: Currency | undefined },
  by: string,
  now: Date,
): Decision<NewTransactionOf<'limit_change'>> {
  const open = openOr(request);
  if ('kind' in open) return open;
  const { currency, amount, id } = open;
  if ((wanted.currency ?? currency) !== currency)
    return refused('credit_request_currency', { currency });
  const limit = wanted.limit ?? minor(limitOf(facts) + amount);
  const decision = decideLimit(facts, { limit, currency });
  if (decision.kind !== 'accepted') return decision;
  return {
    ...decision,
    transaction: { ...decision.transaction, creditRequest: id },
    changes: [
      ...decision.changes,
      ...closeRequest(open, { status: 'APPROVED', limit, by, at: now }),
    ],
  };
}

/** The request, where it is open; else what was decided. */
export function openOr(request: CreditRequest | undefined): CreditRequest | Refused {
  if (request === undefined) return refused('credit_request_not_found');
  const { status, decidedBy = '', limit, currency } = request;
  if (status === 'OPEN') return request;
  return status === 'APPROVED'
    ? refused('credit_request_approved', {
        decided_by: decidedBy,
        limit: formatAmount(limit ?? 0n, currency),
        currency,
      })
    : refused('credit_request_rejected', { decided_by: decidedBy });
}
