import * as z from 'zod';
import type { MerchantStatus } from '../ledger/merchant.ts';
import { isFinal, type Transaction, WITHDRAWAL_MOVES } from '../ledger/transactions.ts';

/** What the bank said, or what is known about its silence. Only `refused` may ever lead to a refund. */
export type BankAnswer =
  | { readonly kind: 'succeeded'; readonly reference: string }
  | { readonly kind: 'refused'; readonly code: string }
  /** The bank knows no payout by this key; proves nothing until the quiet period is over. */
  | { readonly kind: 'not_found' }
  /** Certainly nothing was executed: no connection, or an answer that says it was not taken up. */
  | { readonly kind: 'not_executed'; readonly why: string }
  | { readonly kind: 'unclear'; readonly why: string };

export type ClaimPlan =
  | { readonly kind: 'done' }
  /** A suspended merchant's withdrawal that has not left yet waits until it is reactivated. */
  | { readonly kind: 'held' }
  /** Another worker holds it. */
  | { readonly kind: 'leased' }
  /** Only the very first try may send without asking the bank what it already knows. */
  | { readonly kind: 'claim'; readonly first: 'send' | 'ask' };

export function planClaim(row: Transaction, merchantStatus: MerchantStatus, now: Date): ClaimPlan {
  if (isFinal(row.status)) return { kind: 'done' };
  if (row.leaseUntil !== undefined && row.leaseUntil > now.toISOString()) return { kind: 'leased' };
  const claimable: readonly string[] = WITHDRAWAL_MOVES.claim.from;
  if (!claimable.includes(row.status)) return { kind: 'done' };
  if (merchantStatus === 'SUSPENDED' && row.status === 'PENDING') return { kind: 'held' };
  return { kind: 'claim', first: (row.attempt ?? 0n) === 0n ? 'send' : 'ask' };
}

/** Sending again is allowed once nothing that was sent can still be on its way. */
export const mayResend = (row: Transaction, now: Date, quietMs: number): boolean =>
  row.sentAt === undefined || now.getTime() - Date.parse(row.sentAt) > quietMs;

/** What travels through the queues: which row to look at. The row decides everything else. */
export const withdrawalMessage = z.object({
  merchantId: z.string().min(1),
  txnId: z.string().min(1),
});
export type WithdrawalMessage = z.infer<typeof withdrawalMessage>;
