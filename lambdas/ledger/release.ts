import { log } from '../platform/logger.ts';
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
import { firstMatured } from './rows/pending-releases.ts';
import { createTransaction, stamp } from './rows/transactions.ts';
import type { DecisionRun } from './until-committed.ts';

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
  for (const part of releaseParts(releases)) {
    if (result.kind !== 'committed') break;
    result = await commit(ledger, releaseWrites(merchantId, currency, part, now));
  }
  return result;
}

export const logRelease = (merchantId: string, outcome: CommitResult['kind']): void =>
  log('money', 'FUNDS_RELEASED', { merchant: merchantId, outcome });

/** As many as one transaction releases, each. */
export function* releaseParts(
  releases: readonly PendingRelease[],
): Generator<readonly PendingRelease[]> {
  for (let from = 0; from < releases.length; from += MOST_RELEASES)
    yield releases.slice(from, from + MOST_RELEASES);
}

/** One part in a group: what has matured of one wallet, from a position in its order on. */
export const releaseRun = (
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
  from: string,
): DecisionRun<'released'> => ({
  read: async (now) => {
    const part = await firstMatured(ledger, merchantId, currency, now, {
      from,
      most: MOST_RELEASES,
    });
    return {
      decide: () =>
        part.length === 0
          ? { kind: 'done', outcome: 'released' }
          : {
              kind: 'attempt',
              isAccepted: true,
              outcome: 'released',
              committed: () => logRelease(merchantId, 'committed'),
              writes: releaseWrites(merchantId, currency, part, now),
            },
      prepare: async () => false,
    };
  },
});

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
