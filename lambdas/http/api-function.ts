import { ledgerFrom } from '../ledger/context.ts';
import { currencyCode } from '../ledger/money.ts';
import { secondAdminLimits } from '../ledger/second-admin.ts';
import { type ApiEnv, apiEnv, readEnv } from '../platform/env.ts';
import type { ApiContext, Group, Operation, Route } from './operation.ts';
import { apiHandler } from './router.ts';

/** The context of every API function, from its environment. */
function apiContext(env: ApiEnv): ApiContext {
  const ledger = ledgerFrom(env);
  return {
    ledger,
    responses: { ...ledger, table: env.IDEMPOTENCY_TABLE },
    settings: {
      currency: currencyCode.parse(env.DEFAULT_CURRENCY),
      timeZone: env.DEFAULT_TIME_ZONE,
      poolShards: env.POOL_SHARDS,
      pools: { merchant: env.MERCHANT_POOL_ID, admin: env.ADMIN_POOL_ID },
      checkMarginMs: env.CHECK_MARGIN_MS,
      secondAdminAbove: secondAdminLimits.parse(env.SECOND_ADMIN_ABOVE),
      merchantOperations: env.MERCHANT_OPERATIONS,
    },
  };
}

/** The handler of a deployed group. */
export const apiFunction = ({ operations }: Group<readonly Operation[]>) =>
  apiHandler(operations, apiContext(readEnv(apiEnv)));

/** The same for a group whose operations need more than the ledger. */
export function apiFunctionWith<More>(
  { operations }: Group<readonly Operation<Route, ApiContext & More>[]>,
  more: (env: ApiEnv) => More,
) {
  const env = readEnv(apiEnv);
  return apiHandler(operations, { ...apiContext(env), ...more(env) });
}
