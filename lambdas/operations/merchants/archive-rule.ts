import type { CreditLine, Wallet } from '../../ledger/balances.ts';
import type { Merchant } from '../../ledger/merchant.ts';
import { minor } from '../../ledger/money.ts';
import { type Refused, refused } from '../../ledger/reasons.ts';
import type { Draft } from '../../ledger/transactions.ts';

export type ArchiveFacts = {
  readonly merchant: Merchant | undefined;
  readonly credit: readonly CreditLine[];
  readonly wallets: readonly Wallet[];
  /** Whether any of its transactions is not final; read after the merchant's row. */
  readonly inFlight: boolean;
};
export type AcceptedArchive = {
  readonly kind: 'accepted';
  readonly transaction: Draft;
  readonly merchant: Merchant;
  readonly wallets: readonly Wallet[];
};

/** Ends a merchant for good, if nothing of it is left anywhere (ID-2). */
export function decideArchive(
  { merchant, credit, wallets, inFlight }: ArchiveFacts,
  now: Date,
): Refused | AcceptedArchive {
  if (merchant === undefined) return refused('merchant_not_found');
  if (merchant.status !== 'ACTIVE' && merchant.status !== 'SUSPENDED') {
    return refused('merchant_not_archivable');
  }
  const owes = credit.some(({ utilised }) => utilised > 0n);
  const holds = wallets.some(({ available, pending }) => available > 0n || pending > 0n);
  if (owes || holds || inFlight) return refused('merchant_not_empty');

  const at = now.toISOString();
  return {
    kind: 'accepted',
    merchant,
    wallets,
    transaction: {
      type: 'archive',
      status: 'SUCCEEDED',
      amount: minor(0n),
      currency: merchant.requestedCurrency,
      merchantId: merchant.id,
      createdAt: at,
      at: { SUCCEEDED: at },
      phases: [{ name: 'accept', at, postings: {} }],
    },
  };
}
