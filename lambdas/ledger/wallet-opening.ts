import { openWallet, type Wallet } from './balances.ts';
import { type Effects, type Refused, refused } from './decision.ts';
import { type Merchant, mayOpenWallet, receivingInNewWallet } from './merchant.ts';
import type { Currency } from './money.ts';

/** Why a merchant has no wallet that can receive, and none can be opened for it; undefined where it has or may. */
export function refusedWallet(merchant: Merchant, wallet: Wallet | undefined): Refused | undefined {
  if (wallet?.closed) return refused('wallet_closed');
  return wallet === undefined && !mayOpenWallet(merchant) ? refused('too_many_wallets') : undefined;
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
