import { creditAvailable } from '../../ledger/balances.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { readCredit } from '../../ledger/rows/merchants.ts';
import { offerOf } from '../../ledger/rows/pool.ts';
import { readWalletFunds } from '../../ledger/rows/wallets.ts';
import type { Funds, WithdrawalOrder } from './rule.ts';

/** What a withdrawal's money comes from, at one instant. */
export async function readFunds(
  ledger: LedgerContext,
  merchantId: string,
  { amount, currency, source }: WithdrawalOrder,
  now: Date,
): Promise<Funds> {
  if (source === 'wallet') {
    return { source, ...(await readWalletFunds(ledger, merchantId, currency, amount, now)) };
  }
  const reading = readCredit(ledger, merchantId, currency);
  // Without enough credit it is refused whatever the pool has: it may not move the pool's money either.
  const mayDraw = async (): Promise<boolean> => {
    const line = await reading;
    return line !== undefined && creditAvailable(line) >= amount;
  };
  const [line, pool] = await Promise.all([reading, offerOf(ledger, currency, amount, mayDraw)]);
  return { source, line, pool };
}
