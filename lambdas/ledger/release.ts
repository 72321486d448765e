import { type CommitResult, commit, type LabelledWrite } from './commit.ts';
import { merchantPk, trancheKey, transactionId, walletKey } from './keys.ts';
import type { Currency } from './money.ts';
import { aheadOf, MOST_FOLDS, releaseOf, sumOf, type Tranche } from './pending-releases.ts';
import { addToBalance, type Change } from './rows/balance-writes.ts';
import { foldTranches } from './rows/pending-releases.ts';
import { putTransaction } from './rows/transactions.ts';
import type { Ledger } from './table.ts';

/**
 * Folds matured tranches of one wallet without a debit, 40 in a transaction, oldest first. Each of these
 * stands by itself: what another has folded meanwhile ends it, and what is left is found again.
 */
export async function release(
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  tranches: readonly Tranche[],
  now: Date,
): Promise<CommitResult> {
  let result: CommitResult = { kind: 'committed' };
  for (let from = 0; from < tranches.length && result.kind === 'committed'; from += MOST_FOLDS) {
    const part = tranches.slice(from, from + MOST_FOLDS);
    result = await commit(ledger.dynamo, releaseWrites(ledger, merchantId, currency, part, now));
  }
  return result;
}

/**
 * Folds what a debit needs beyond what its own transaction takes. Harmless whatever becomes of the debit:
 * the money is available in either form.
 * @returns whether there was any; then what the debit was decided on has changed.
 */
export async function foldAhead(
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  folds: readonly Tranche[],
  now: Date,
): Promise<boolean> {
  const ahead = aheadOf(folds);
  await release(ledger, merchantId, currency, ahead, now);
  return ahead.length > 0;
}

function releaseWrites(
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  tranches: readonly Tranche[],
  now: Date,
): readonly LabelledWrite[] {
  const amount = sumOf(tranches);
  const [first] = tranches;
  const pk = merchantPk(merchantId);
  const key = first === undefined ? '' : trancheKey(merchantId, first).sk;
  const change: Change = { txnId: transactionId('release', pk, key), phase: 'release' };
  return [
    putTransaction(ledger, {
      ...releaseOf(merchantId, currency, tranches, now),
      pk,
      txnId: change.txnId,
      // Nobody asked for it.
      requestHash: '',
    }),
    addToBalance(
      ledger,
      {
        label: 'wallet',
        key: walletKey(merchantId, currency),
        add: { available: amount, pending: -amount },
        condition: 'pending >= :released',
        values: { ':released': amount },
      },
      change,
    ),
    ...foldTranches(ledger, merchantId, tranches),
  ];
}
