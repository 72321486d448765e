import { later } from '../ledger/calendar.ts';
import { undecidedBy } from '../ledger/commit.ts';
import { merchantPk } from '../ledger/keys.ts';
import { readMerchant } from '../ledger/rows/merchants.ts';
import { readTransaction } from '../ledger/rows/transactions.ts';
import { hasPayout, type PayoutTransaction } from '../ledger/transactions.ts';
import { log } from '../platform/logger.ts';
import { untilDecided } from '../platform/retry.ts';
import { advance, checkAfter, type SettleDeps } from './advance.ts';
import type { Payout } from './providers/provider.ts';
import { recordAnswer } from './record-answer.ts';
import { type MessageOutcome, mayResend, type PayoutMessage, planClaim } from './settle-rule.ts';
import { TRANSITIONS } from './transitions.ts';

/** How long a held message is postponed: well inside the queue's limits for one receive. */
export const HELD_SECONDS = 900;
/** One message: claims the payout under a lease, queries or pays the provider, records its answer. */
export const settle =
  (deps: SettleDeps) =>
  async ({ merchantId, txnId }: PayoutMessage): Promise<MessageOutcome> => {
    const { ledger } = deps;
    const [row, merchant] = await Promise.all([
      readTransaction(ledger, merchantPk(merchantId), txnId),
      readMerchant(ledger, merchantId),
    ]);
    if (row === undefined || !hasPayout(row) || merchant === undefined) {
      // No payout has this id, so there is no money that a retry could help.
      log('error', 'MESSAGE_WITHOUT_TRANSACTION', { merchant: merchantId, txn: txnId });
      return 'done';
    }
    const plan = planClaim(row, merchant.status, TRANSITIONS.claim.from, ledger.now());
    switch (plan.kind) {
      case 'done':
        return 'done';
      case 'leased':
        log('money', 'PAYOUT_LEASED', { txn: txnId });
        return 'again';
      case 'held':
        return hold(deps, row);
      case 'claim': {
        const claimed = await claim(deps, row, plan.first);
        return claimed === undefined ? 'again' : carryOut(deps, claimed);
      }
    }
  };

/** A suspended merchant's money does not leave, and recovery does not take it for lost. */
async function hold(deps: SettleDeps, row: PayoutTransaction): Promise<MessageOutcome> {
  const at = deps.ledger.now();
  const nextCheckAt = checkAfter(deps, at, HELD_SECONDS * 1_000);
  await advance(deps, row, { name: 'hold', at, progress: { nextCheckAt } });
  log('money', 'PAYOUT_HELD', { txn: row.txnId });
  return 'held';
}

type Claimed = {
  readonly row: PayoutTransaction;
  readonly first: 'send' | 'inquire';
  /** The end of all calls under this claim. */
  readonly until: Date;
};

/** Takes the lease; undefined where another worker has it, or sent after the row was read. */
async function claim(
  deps: SettleDeps,
  row: PayoutTransaction,
  first: 'send' | 'inquire',
): Promise<Claimed | undefined> {
  const at = deps.ledger.now();
  const taken = {
    attempt: row.payout.attempt + 1n,
    leaseUntil: later(at, deps.timers.leaseMs),
    ...(first === 'send' && { sentAt: at.toISOString() }),
  };
  const progress = { ...taken, nextCheckAt: checkAfter(deps, at) };
  const result = await untilDecided(deps.ledger.pacing, async () => {
    const outcome = await advance(deps, row, { name: 'claim', at, progress });
    // A lost answer is not repeated: the lease may be taken, but what was read under it is unknown.
    return outcome.kind === 'contended' ? undecidedBy(outcome) : outcome;
  });
  if (result.kind !== 'committed') return undefined;
  log('money', 'PAYOUT_CLAIMED', { txn: row.txnId, attempt: Number(taken.attempt) });
  return {
    row: { ...row, status: 'PROCESSING', payout: { ...row.payout, ...taken } },
    first,
    until: new Date(at.getTime() + deps.timers.claimMs),
  };
}

async function carryOut(deps: SettleDeps, { row, first, until }: Claimed): Promise<MessageOutcome> {
  const provider = deps.providers[row.payout.provider];
  const payout = payoutOf(row);
  if (first === 'send') return recordAnswer(deps, row, await provider.pay(payout, until));

  // "Not found" says how it was when the bank was asked, however late the answer.
  const asked = deps.ledger.now();
  const known = await provider.inquire(payout, until);
  if (known.kind !== 'not_found' || !mayResend(row, asked, deps.timers)) {
    return recordAnswer(deps, row, known);
  }
  const at = deps.ledger.now();
  // Recorded before the request leaves: a worker that lost its lease may not send again.
  const sentAt = at.toISOString();
  const result = await advance(deps, row, { name: 'keepWaiting', at, progress: { sentAt } });
  if (result.kind !== 'committed') return 'again';
  const resent = { ...row, payout: { ...row.payout, sentAt } };
  return recordAnswer(deps, resent, await provider.pay(payout, until));
}

const payoutOf = ({
  txnId,
  amount,
  currency,
  payout: { destination },
}: PayoutTransaction): Payout => ({ key: txnId, destination, amount, currency });
