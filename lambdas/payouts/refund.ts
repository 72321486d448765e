import { leavingOf } from '../ledger/busy/joining.ts';
import type { QueuedRefund } from '../ledger/busy/messages.ts';
import type { LedgerContext } from '../ledger/context.ts';
import { readCredit, readMerchant } from '../ledger/rows/merchants.ts';
import { openAmong } from '../ledger/rows/pool.ts';
import type { PayoutTransaction } from '../ledger/transactions.ts';
import { type DecisionRun, untilCommitted } from '../ledger/until-committed.ts';
import { log } from '../platform/logger.ts';
import { FINISHED, type SettleDeps, writesOf } from './advance.ts';
import { type MessageOutcome, paidBy, refundEffects } from './settle-rule.ts';

/** `final`: the row is no longer under the lease that it was read with. */
type Refund = 'refunded' | 'final';

/** A refused payout is never sent again. */
const REFUNDED = { ...FINISHED, sentAt: null } as const;

/** FAILED and the money back where it came from, in one transaction, on the provider's word only. */
export function refundRun(
  ledger: LedgerContext,
  row: PayoutTransaction,
  failure: string,
): DecisionRun<Refund> {
  const { merchantId, currency, source, txnId } = row;
  return {
    read: async (at) => {
      const [merchant, line, open] = await Promise.all([
        readMerchant(ledger, merchantId),
        source === 'credit' ? readCredit(ledger, merchantId, currency) : undefined,
        openAmong(ledger, currency, paidBy(row)),
      ]);
      if (merchant === undefined) throw new Error(`no merchant to refund for ${txnId}`);
      const effects = refundEffects(row, { merchant, line, open });
      const phase = { name: 'refund', effects } as const;
      const progress = { ...REFUNDED, failure };
      return {
        decide: () => ({
          kind: 'attempt',
          isAccepted: true,
          outcome: 'refunded',
          committed: () => log('money', 'PAYOUT_REFUNDED', { txn: txnId, code: failure }),
          writes: writesOf(row, { name: 'refund', at, progress, phase }),
        }),
        prepare: async () => false,
      };
    },
    // Only the transaction's own row can say that it is final. Any other is read and tried again.
    lost: async (result) =>
      result.kind === 'refused' && result.by === 'transaction' ? 'final' : undefined,
  };
}

/** Refunds a payout, or leaves it to the group of a busy merchant without waiting for that. */
export async function refund(
  { ledger, busy }: SettleDeps,
  row: PayoutTransaction,
  failure: string,
): Promise<MessageOutcome> {
  const leaving = leavingOf(busy, row.merchantId, {
    messageFor: (merchantId, deadline) => ({ ...refundOf(row, failure), merchantId, deadline }),
    deduplicationId: `refund|${row.txnId}|${row.payout.attempt}`,
  });
  if (await leaving.atOnce()) return 'again';
  const run = refundRun(ledger, row, failure);
  const result = await untilCommitted<Refund | 'handed over'>(ledger, {
    ...run,
    lost: async (lost) =>
      (await run.lost?.(lost)) ?? ((await leaving.after(lost)) ? 'handed over' : undefined),
  });
  return result.kind === 'done' && result.outcome === 'refunded' ? 'done' : 'again';
}

const refundOf = (
  { txnId, payout: { attempt, leaseUntil, sentAt } }: PayoutTransaction,
  failure: string,
): Omit<QueuedRefund, 'merchantId' | 'deadline'> => ({
  work: 'refund',
  txnId,
  attempt: String(attempt),
  ...(leaseUntil !== undefined && { leaseUntil }),
  ...(sentAt !== undefined && { sentAt }),
  failure,
});

/** Whether a payout is still under the lease that settle held when it heard the refusal. */
export const isOfLease = (
  { payout }: PayoutTransaction,
  { attempt, leaseUntil, sentAt }: QueuedRefund,
): boolean =>
  String(payout.attempt) === attempt &&
  payout.leaseUntil === leaseUntil &&
  payout.sentAt === sentAt;
