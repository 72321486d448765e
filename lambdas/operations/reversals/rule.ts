import {
  type Decision,
  type Effects,
  type Refused,
  type Retry,
  refused,
  retry,
} from '../../ledger/decision.ts';
import { formatAmount } from '../../ledger/money.ts';
import {
  drawOnWallet,
  endReleases,
  type PendingRelease,
  releaseFunds,
  sumOf,
  type WalletFunds,
} from '../../ledger/pending-releases.ts';
import type { PoolOffer } from '../../ledger/pool/pool.ts';
import {
  poolAvailable,
  postingsIn,
  system,
  walletAvailable,
  walletPending,
} from '../../ledger/postings.ts';
import { markReversed, notReversed } from '../../ledger/reversed.ts';
import type { NewTransactionOf, Transaction, TransactionOf } from '../../ledger/transactions.ts';

type Deposit = TransactionOf<'deposit'>;
type TopUp = TransactionOf<'top_up'>;

/** What is reversed, and what holds its money now. */
type Held =
  /** Not released: its release exists, whether or not its time has come. */
  | { readonly kind: 'unreleased'; readonly original: Deposit; readonly release: PendingRelease }
  | { readonly kind: 'wallet'; readonly original: Deposit; readonly funds: WalletFunds }
  | { readonly kind: 'pool'; readonly original: TopUp; readonly pool: PoolOffer };
export type ReversalFacts = Held | Refused;

/** Refuses: transaction_not_found, transaction_not_reversible, transaction_already_reversed. */
export function reversibleOf(original: Transaction | undefined): Deposit | TopUp | Refused {
  if (original === undefined) return refused('transaction_not_found');
  const isReversible = original.type === 'deposit' || original.type === 'top_up';
  if (!isReversible || original.status !== 'SUCCEEDED')
    return refused('transaction_not_reversible');
  const { reversedBy } = original;
  return reversedBy === undefined
    ? original
    : refused('transaction_already_reversed', { reversal: reversedBy });
}

/**
 * Takes back the whole amount of a deposit or top-up that was a mistake, once (WA-9). Any money in the wallet or pool
 * will do. The merchant's status does not matter, and nothing is counted: the merchant spends nothing.
 */
export function decideReversal(
  facts: ReversalFacts,
  { reason }: { readonly reason?: string | undefined },
  /** Of the reversal: the original names it. */
  txnId: string,
): Decision<NewTransactionOf<'reversal'>> {
  if (facts.kind === 'refused') return facts;
  const draw = drawOn(facts);
  const { original } = facts;
  // A reversal that committed after the original was read has taken the money: that is not why it is refused.
  if ('kind' in draw)
    return draw.kind === 'refused' ? { ...draw, guards: [notReversed(original)] } : draw;
  return {
    kind: 'accepted',
    transaction: {
      type: 'reversal',
      status: 'SUCCEEDED',
      amount: original.amount,
      currency: original.currency,
      reverses: original.txnId,
      ...(original.type === 'deposit' && { merchantId: original.merchantId }),
      ...(reason !== undefined && { reason }),
    },
    postings: draw.postings,
    guards: [],
    changes: [markReversed(original, txnId), ...draw.changes],
  };
}

type Draw = Pick<Effects, 'postings' | 'changes'>;

/** Refuses: deposit_spent; insufficient_pool. */
function drawOn(facts: Held): Draw | Refused | Retry {
  const { amount, currency } = facts.original;
  if (facts.kind === 'pool') {
    const { pool } = facts;
    if (pool.kind === 'short') return refused('insufficient_pool');
    if (pool.kind === 'retry') return retry('pool');
    const postings = [poolAvailable(pool.shares), system('funding'), amount] as const;
    return { postings: postingsIn(currency, postings), changes: [] };
  }
  const { merchantId } = facts.original;
  if (facts.kind === 'unreleased')
    return {
      postings: postingsIn(currency, [walletPending(merchantId), system('outside'), amount]),
      changes: endReleases(merchantId, [facts.release]),
    };
  const { wallet, matured } = facts.funds;
  const draw = drawOnWallet(facts.funds, amount);
  if (draw.kind === 'refused') {
    const held = formatAmount((wallet?.available ?? 0n) + sumOf(matured), currency);
    return refused('deposit_spent', { held, currency });
  }
  const released = releaseFunds(merchantId, currency, draw.releases);
  const debit = postingsIn(currency, [walletAvailable(merchantId), system('outside'), amount]);
  return { postings: [...released.postings, ...debit], changes: released.changes };
}
