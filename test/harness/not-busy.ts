import { BusyMerchants } from '../../lambdas/ledger/busy/busy-merchants.ts';
import type { LedgerContext } from '../../lambdas/ledger/context.ts';
import type { ResponseStore } from '../../lambdas/ledger/responses.ts';

/** No merchant is busy, and nothing is ever handed over. */
export function notBusy(ledger: LedgerContext): BusyMerchants {
  const dynamo = { send: async () => ({}) } as unknown as ResponseStore['dynamo'];
  return new BusyMerchants(ledger, { ...ledger, dynamo, table: 'Responses' }, async () => false);
}
