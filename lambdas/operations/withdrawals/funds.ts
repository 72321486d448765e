import { readCredit } from '../../ledger/rows/merchants.ts';
import { findShares } from '../../ledger/rows/pool.ts';
import { readWalletFacts } from '../../ledger/rows/wallets.ts';
import type { Ledger } from '../../ledger/table.ts';
import type { Source } from '../../ledger/transactions.ts';
import type { Funds, WithdrawalOrder } from './rule.ts';

/** What stands behind a withdrawal's source at an instant. */
export async function readFunds(
  ledger: Ledger,
  merchantId: string,
  { amount, currency }: Pick<WithdrawalOrder, 'amount' | 'currency'>,
  source: Source,
  now: Date,
): Promise<Funds> {
  if (source === 'wallet') {
    return { source, ...(await readWalletFacts(ledger, merchantId, currency, amount, now)) };
  }
  const [credit, pool] = await Promise.all([
    readCredit(ledger, merchantId, currency),
    findShares(ledger, currency, amount),
  ]);
  return { source, credit, pool };
}
