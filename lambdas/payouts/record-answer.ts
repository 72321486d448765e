import { type CommitResult, undecidedBy } from '../ledger/commit.ts';
import type { Progress } from '../ledger/rows/transactions.ts';
import { type PayoutTransaction, transactionRow } from '../ledger/transactions.ts';
import { log } from '../platform/logger.ts';
import { type Undecided, untilDecided } from '../platform/retry.ts';
import { advance, checkAfter, FINISHED, NOTHING, type SettleDeps } from './advance.ts';
import type { ProviderAnswer } from './providers/provider.ts';
import { refund } from './refund.ts';
import { type MessageOutcome, settlePostings } from './settle-rule.ts';

/** Records the provider's answer and releases the lease. Where even that fails, the lease expires. */
export function recordAnswer(
  deps: SettleDeps,
  row: PayoutTransaction,
  answer: ProviderAnswer,
): Promise<MessageOutcome> {
  const provider = row.payout.provider;
  switch (answer.kind) {
    case 'succeeded':
      return succeed(deps, row, answer.reference);
    case 'refused':
      return refund(deps, row, answer.code);
    case 'not_executed':
      log('error', 'PROVIDER_NOT_EXECUTED', { txn: row.txnId, provider, why: answer.why });
      return putBack(deps, row, 'returnToPending', { sentAt: null });
    case 'not_found':
    case 'unclear':
      log('error', 'PROVIDER_UNCLEAR', {
        txn: row.txnId,
        provider,
        why: answer.kind === 'unclear' ? answer.why : 'not found',
      });
      return putBack(deps, row, 'keepWaiting', {});
  }
}

/** Leaves the payout to its message's next receive. */
async function putBack(
  deps: SettleDeps,
  row: PayoutTransaction,
  name: 'returnToPending' | 'keepWaiting',
  progress: Progress,
): Promise<MessageOutcome> {
  const at = deps.ledger.now();
  const released = { ...progress, leaseUntil: null, nextCheckAt: checkAfter(deps, at) };
  // If this is lost as well, the lease expires, and the next attempt inquires first.
  await untilDecided(deps.ledger.pacing, async () =>
    decidedOr(await advance(deps, row, { name, at, progress: released })),
  );
  return 'again';
}

async function succeed(
  deps: SettleDeps,
  row: PayoutTransaction,
  reference: string | undefined,
): Promise<MessageOutcome> {
  const at = deps.ledger.now();
  const phase = {
    name: 'settle',
    effects: { ...NOTHING, postings: settlePostings(row) },
  } as const;
  const progress = { ...FINISHED, ...(reference !== undefined && { reference }) };
  const result = await untilDecided(deps.ledger.pacing, async () =>
    decidedOr(
      await advance(deps, row, { name: 'succeed', at, progress, phase, requireLease: false }),
    ),
  );
  if (result.kind === 'undecided') return 'again';
  if (result.kind === 'committed') {
    log('money', 'PAYOUT_SUCCEEDED', { txn: row.txnId });
    return 'done';
  }
  return alreadyFinal(row, result.existing);
}

/** Another worker finished it: with the same success, or with a refund of what is paid now. */
function alreadyFinal(row: PayoutTransaction, existing: unknown): MessageOutcome {
  const { data: stored } = transactionRow.safeParse(existing);
  if (stored?.status !== 'SUCCEEDED') {
    log('error', 'SUCCESS_AFTER_REFUND', { txn: row.txnId, severity: 'critical' });
  }
  return 'done';
}

type Decided = Extract<CommitResult, { kind: 'committed' | 'refused' }>;
const decidedOr = (outcome: CommitResult): Decided | Undecided =>
  outcome.kind === 'committed' || outcome.kind === 'refused' ? outcome : undecidedBy(outcome);
