import { type CommitResult, undecidedBy } from '../ledger/commit.ts';
import { readCredit, readMerchant } from '../ledger/rows/merchants.ts';
import { openAmong } from '../ledger/rows/pool.ts';
import type { Progress } from '../ledger/rows/transactions.ts';
import { type PayoutTransaction, transactionRow } from '../ledger/transactions.ts';
import { log } from '../platform/logger.ts';
import { type Undecided, untilDecided } from '../platform/retry.ts';
import { advance, checkAfter, NOTHING, type SettleDeps } from './advance.ts';
import type { ProviderAnswer } from './providers/provider.ts';
import { type MessageOutcome, paidBy, refundEffects, settlePostings } from './settle-rule.ts';

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

const FINISHED = { leaseUntil: null, nextCheckAt: null } as const satisfies Progress;
/** A refused payout is never sent again. */
const REFUNDED = { ...FINISHED, sentAt: null } as const satisfies Progress;

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

/** FAILED and the money back where it came from, in one transaction, on the provider's word only. */
async function refund(
  deps: SettleDeps,
  row: PayoutTransaction,
  failure: string,
): Promise<MessageOutcome> {
  const { ledger } = deps;
  const { merchantId, currency, source } = row;
  const result = await untilDecided(ledger.pacing, async () => {
    const [merchant, line, open] = await Promise.all([
      readMerchant(ledger, merchantId),
      source === 'credit' ? readCredit(ledger, merchantId, currency) : undefined,
      openAmong(ledger, currency, paidBy(row)),
    ]);
    if (merchant === undefined) throw new Error(`no merchant to refund for ${row.txnId}`);
    const phase = {
      name: 'refund',
      effects: refundEffects(row, { merchant, line, open }),
    } as const;
    const progress = { ...REFUNDED, failure };
    const outcome = await advance(deps, row, { name: 'refund', at: ledger.now(), progress, phase });
    // Only the transaction's own row can say that it is final. Any other is read and tried again.
    if (outcome.kind === 'refused' && outcome.by !== 'transaction') return undecidedBy(outcome);
    return decidedOr(outcome);
  });
  if (result.kind === 'committed') {
    log('money', 'PAYOUT_REFUNDED', { txn: row.txnId, code: failure });
  }
  return result.kind === 'committed' ? 'done' : 'again';
}

type Decided = Extract<CommitResult, { kind: 'committed' | 'refused' }>;
const decidedOr = (outcome: CommitResult): Decided | Undecided =>
  outcome.kind === 'committed' || outcome.kind === 'refused' ? outcome : undecidedBy(outcome);
