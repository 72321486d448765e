import type { GroupContext, Operation, Route } from '../http/operation.ts';
import type { Member } from '../ledger/busy/member.ts';
import type { QueuedMessage, QueuedRefund } from '../ledger/busy/messages.ts';
import type { LedgerContext } from '../ledger/context.ts';
import { merchantPk } from '../ledger/keys.ts';
import { releaseRun } from '../ledger/release.ts';
import { readTransaction } from '../ledger/rows/transactions.ts';
import { hasPayout } from '../ledger/transactions.ts';
import type { DecisionRun } from '../ledger/until-committed.ts';
import { executionRun } from '../payouts/execute-scheduled.ts';
import { isOfLease, refundRun } from '../payouts/refund.ts';

type Queued = Pick<Operation<Route, GroupContext & never>, 'name' | 'queued'>;

/** What each message asks for; undefined where it has not the form of its request. */
export function memberOf(context: GroupContext, operations: readonly Queued[]) {
  const requests = new Map(operations.map(({ name, queued }) => [name, queued?.(context)]));
  return (message: QueuedMessage): Member | undefined => {
    const { merchantId, deadline } = message;
    switch (message.work) {
      case 'request':
        return requests.get(message.operation)?.(message);
      case 'refund':
        return {
          id: `refund|${message.txnId}|${message.attempt}|${message.leaseUntil}`,
          deadline,
          open: (ledger) => queuedRefund(ledger, message),
        };
      case 'execution': {
        const { checkMarginMs } = context.settings;
        const { txnId } = message;
        return {
          id: `execution|${txnId}`,
          deadline,
          open: (ledger) => executionRun(ledger, { merchantId, txnId }, checkMarginMs),
        };
      }
      case 'release': {
        const { currency, from } = message;
        return {
          id: `release|${currency}|${from}`,
          deadline,
          open: (ledger) => releaseRun(ledger, merchantId, currency, from),
        };
      }
    }
  };
}

/** Settle's refund, on the row as it is now: under another lease, the message is too late. */
const queuedRefund = (ledger: LedgerContext, message: QueuedRefund): DecisionRun<unknown> => ({
  read: async (now) => {
    const row = await readTransaction(ledger, merchantPk(message.merchantId), message.txnId);
    if (row === undefined || !hasPayout(row) || !isOfLease(row, message))
      return { decide: () => ({ kind: 'done', outcome: 'final' }), prepare: async () => false };
    return refundRun(ledger, row, message.failure).read(now);
  },
});
