import { creditAvailable } from '../../ledger/balances.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { closeSmall } from '../../ledger/pool/rebalance.ts';
import { releaseAhead } from '../../ledger/release.ts';
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
  const [line, pool] = await Promise.all([
    reading,
    offerOf(ledger, currency, amount, async () => {
      const line = await reading;
      return line !== undefined && creditAvailable(line) >= amount;
    }),
  ]);
  return { source, line, pool };
}

/**
 * Makes ready what a withdrawal draws on: releases more than its own transaction can release, or closes a
 * shard of the pool that is too small. @returns whether the funds have to be read again.
 */
export async function prepareFunds(
  ledger: LedgerContext,
  merchantId: string,
  funds: Funds,
  { amount, currency }: Pick<WithdrawalOrder, 'amount' | 'currency'>,
  now: Date,
): Promise<boolean> {
  if (funds.source === 'wallet')
    return releaseAhead(ledger, merchantId, currency, funds, amount, now);
  await closeSmall(ledger, funds.pool);
  return false;
}
