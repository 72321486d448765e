import { amountLimits } from '../ledger/amount-limits.ts';
import { busyMerchantsFrom } from '../ledger/busy/open-busy.ts';
import { ledgerFrom } from '../ledger/context.ts';
import { currencyCode } from '../ledger/money.ts';
import { sqsClient } from '../platform/clients.ts';
import type { ApiEnv } from '../platform/env.ts';
import type { ApiContext } from './operation.ts';

/** The context of every API function, from its environment. */
export function apiContext(env: ApiEnv): ApiContext {
  const ledger = ledgerFrom(env);
  return {
    ledger,
    responses: { ...ledger, table: env.IDEMPOTENCY_TABLE },
    busy: busyMerchantsFrom(ledger, sqsClient(), env),
    settings: {
      currency: currencyCode.parse(env.DEFAULT_CURRENCY),
      timeZone: env.DEFAULT_TIME_ZONE,
      poolShards: env.POOL_SHARDS,
      pools: { merchant: env.MERCHANT_POOL_ID, admin: env.ADMIN_POOL_ID },
      checkMarginMs: env.CHECK_MARGIN_MS,
      spreadPpm: env.SPREAD_PPM,
      secondAdminAbove: amountLimits.parse(env.SECOND_ADMIN_ABOVE),
      mostPerAdminRequest: amountLimits.parse(env.MOST_PER_ADMIN_REQUEST),
      operationsByKey: { merchant: env.MERCHANT_OPERATIONS, admin: env.ADMIN_OPERATIONS },
    },
  };
}
