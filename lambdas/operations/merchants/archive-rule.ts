import { type CreditLine, closeWallet, type Wallet } from '../../ledger/balances.ts';
import { type Decision, refused } from '../../ledger/decision.ts';
import { decideStatus, type Merchant } from '../../ledger/merchant.ts';
import { minor } from '../../ledger/money.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';

export type ArchiveFacts = {
  readonly merchant: Merchant | undefined;
  readonly credit: readonly CreditLine[];
  readonly wallets: readonly Wallet[];
  /** Whether any of its transactions is not final; read after the merchant's row. */
  readonly inFlight: boolean;
};

/**
 * Archives a merchant for good, if it holds and owes nothing (ID-2). Everything that moves its money raises
 * its version or empties a wallet's condition, so that one of the two loses.
 */
export function decideArchive({
  merchant,
  credit,
  wallets,
  inFlight,
}: ArchiveFacts): Decision<NewTransactionOf<'archive'>> {
  if (merchant === undefined) return refused('merchant_not_found');
  if (merchant.status !== 'ACTIVE' && merchant.status !== 'SUSPENDED') {
    return refused('merchant_not_archivable');
  }
  const owes = credit.some(({ utilised }) => utilised > 0n);
  const holds = wallets.some(({ available, pending }) => available > 0n || pending > 0n);
  if (owes || holds || inFlight) return refused('merchant_not_empty');

  return {
    kind: 'accepted',
    transaction: {
      type: 'archive',
      status: 'SUCCEEDED',
      amount: minor(0n),
      currency: merchant.requestedCurrency,
      merchantId: merchant.id,
    },
    postings: [],
    guards: [],
    changes: [
      decideStatus(merchant, 'ARCHIVED'),
      ...wallets.map(({ currency }) => closeWallet(merchant.id, currency)),
    ],
  };
}
