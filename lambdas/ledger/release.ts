import { type CommitResult, commit } from './commit.ts';
import type { LedgerContext } from './context.ts';
import { merchantPk, releaseKey, transactionId } from './keys.ts';
import type { Currency, MinorUnits } from './money.ts';
import {
  drawOnWallet,
  MOST_RELEASES,
  type PendingRelease,
  releaseFunds,
  releasesAhead,
  releaseTransaction,
  type WalletFunds,
} from './pending-releases.ts';
import { post } from './post.ts';
import type { RowWrite } from './row-writes.ts';
import { createTransaction, stamp } from './rows/transactions.ts';

/**
 * Releases matured funds of one wallet without a debit, 40 in a transaction, oldest first. Each
 * transaction stands by itself: a lost race ends the run, and what is left is found again.
 */
export async function releaseMatured(
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
  releases: readonly PendingRelease[],
  now: Date,
): Promise<CommitResult> {
  let result: CommitResult = { kind: 'committed' };
  for (let from = 0; from < releases.length && result.kind === 'committed'; from += MOST_RELEASES) {
    const part = releases.slice(from, from + MOST_RELEASES);
    result = await commit(ledger, releaseWrites(merchantId, currency, part, now));
  }
  return result;
}

/**
 * Prepares a debit: releases what it needs beyond what its own transaction can release. Harmless whatever
 * becomes of the debit, since matured funds are available in either form.
 * @returns whether anything was released; the funds then have to be read again.
 */
export async function releaseAhead(
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
  funds: WalletFunds,
  amount: MinorUnits,
  now: Date,
): Promise<boolean> {
  const draw = drawOnWallet(funds, amount);
  const ahead = draw.kind === 'drawn' ? releasesAhead(draw.releases) : [];
  await releaseMatured(ledger, merchantId, currency, ahead, now);
  return ahead.length > 0;
}

/** The caller is the system and the key the oldest release: two runs make the same transaction. */
function releaseWrites(
  merchantId: string,
  currency: Currency,
  releases: readonly PendingRelease[],
  now: Date,
): readonly RowWrite[] {
  const pk = merchantPk(merchantId);
  const oldest = releases.slice(0, 1).map((release) => releaseKey(merchantId, release).sk);
  const txnId = transactionId('system:release', pk, 'release', ...oldest);
  const { postings, changes } = releaseFunds(merchantId, currency, releases);
  const transaction = releaseTransaction(merchantId, currency, releases);
  // No request asked for it.
  const identity = { pk, txnId, hash: '' };
  const created = createTransaction(stamp({ transaction, postings }, identity, now, 'release'));
  return post([{ txnId, name: 'release', postings, guards: [], changes: [created, ...changes] }]);
}
