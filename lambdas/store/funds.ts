import type { Source } from '../domain/transaction.ts';
import type { Funds, WithdrawalOrder } from '../domain/withdrawal.ts';
import type { Ledger } from './ledger.ts';
import { readCredit } from './merchants.ts';
import { findShares } from './pool.ts';
import { readWalletFacts } from './wallets.ts';

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
