import { walletAsRead } from '../../ledger/balances.ts';
import { type Decision, refused } from '../../ledger/decision.ts';
import type { Merchant } from '../../ledger/merchant.ts';
import { type Currency, type MinorUnits, minor } from '../../ledger/money.ts';
import { sumOf, type WholeWallet } from '../../ledger/pending-releases.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';
import { decideExecution, sentToProvider } from '../withdrawals/rule.ts';

export type SaleOrder = {
  /** E.164. */
  readonly phoneNumber: string;
  readonly amount: MinorUnits;
  readonly currency: Currency;
  readonly checkMarginMs: number;
};
export type SaleFacts = {
  readonly merchant: Merchant | undefined;
  readonly funds: WholeWallet;
};

/**
 * A phone charge from the merchant's wallet (SA-1). Refuses what a withdrawal from the wallet refuses, in the same
 * order. It states the balance before it, so that it holds only for exactly what was read.
 */
export function decideSale(
  { merchant: found, funds }: SaleFacts,
  order: SaleOrder,
  now: Date,
): Decision<NewTransactionOf<'sale'>> {
  const execution = decideExecution(
    { merchant: found, funds: { source: 'wallet', ...funds } },
    order,
    now,
  );
  if (execution.kind !== 'executed') return execution;
  const { merchant, postings, guards, changes } = execution;
  const { asRead, wallet, matured } = funds;
  // Without a wallet the execution was refused above.
  if (asRead === undefined || wallet === undefined) return refused('wallet_not_found');
  const { phoneNumber, amount, currency } = order;
  return {
    kind: 'accepted',
    transaction: {
      type: 'sale',
      source: 'wallet',
      amount,
      currency,
      merchantId: merchant.id,
      payout: { provider: 'operator', destination: phoneNumber, attempt: 0n },
      balanceBefore: minor(wallet.available + sumOf(matured)),
      ...sentToProvider(execution, order, now),
    },
    postings,
    guards: [...guards, walletAsRead(merchant.id, asRead)],
    changes,
  };
}
