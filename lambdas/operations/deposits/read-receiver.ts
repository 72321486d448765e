import type { LedgerContext } from '../../ledger/context.ts';
import { mayOpenWallet } from '../../ledger/merchant.ts';
import type { Currency } from '../../ledger/money.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { readWallet } from '../../ledger/rows/wallets.ts';
import type { ReceiverFacts } from './receiver-rule.ts';

/** A merchant, and its wallet in one currency. */
export async function readReceiver(
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
): Promise<ReceiverFacts> {
  const [merchant, found] = await Promise.all([
    readMerchant(ledger, merchantId),
    readWallet(ledger, merchantId, currency),
  ]);
  // The number of wallets may be younger than this read: a wallet that it counts is found by a later one.
  const isFull = found === undefined && merchant !== undefined && !mayOpenWallet(merchant);
  return { merchant, wallet: isFull ? await readWallet(ledger, merchantId, currency) : found };
}
