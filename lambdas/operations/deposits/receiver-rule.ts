import type { Wallet } from '../../ledger/balances.ts';
import { type Refused, refused } from '../../ledger/decision.ts';
import { type Merchant, mayReceive } from '../../ledger/merchant.ts';
import { refusedWallet } from '../../ledger/wallet-opening.ts';

export type ReceiverFacts = {
  readonly merchant: Merchant | undefined;
  /** In one currency. */
  readonly wallet: Wallet | undefined;
};

/** The merchant, where it may receive in this wallet, or in one that is opened for it; else why not. */
export function receiverOf({ merchant, wallet }: ReceiverFacts): Merchant | Refused {
  if (merchant === undefined) return refused('merchant_not_found');
  if (!mayReceive(merchant)) return refused('merchant_cannot_receive');
  return refusedWallet(merchant, wallet) ?? merchant;
}
