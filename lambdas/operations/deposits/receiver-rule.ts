import { openWallet, type Wallet } from '../../ledger/balances.ts';
import { type Effects, type Refused, refused } from '../../ledger/decision.ts';
import {
  type Merchant,
  mayOpenWallet,
  mayReceive,
  receivingInNewWallet,
} from '../../ledger/merchant.ts';
import type { Currency } from '../../ledger/money.ts';

export type ReceiverFacts = {
  readonly merchant: Merchant | undefined;
  /** In one currency. */
  readonly wallet: Wallet | undefined;
};

/** The merchant, where it may receive in this wallet, or in one that is opened for it; else why not. */
export function receiverOf({ merchant, wallet }: ReceiverFacts): Merchant | Refused {
  if (merchant === undefined) return refused('merchant_not_found');
  if (!mayReceive(merchant)) return refused('merchant_cannot_receive');
  if (wallet?.closed) return refused('wallet_closed');
  if (wallet === undefined && !mayOpenWallet(merchant)) return refused('too_many_wallets');
  return merchant;
}

/** What opens a wallet that is missing: nothing where it is there. */
export const openedFor = (
  { id }: Merchant,
  wallet: Wallet | undefined,
  currency: Currency,
): Pick<Effects, 'guards' | 'changes'> =>
  wallet === undefined
    ? { guards: [receivingInNewWallet(id)], changes: openWallet(id, currency) }
    : { guards: [], changes: [] };
