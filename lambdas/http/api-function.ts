import { openLedger } from '../ledger/context.ts';
import { currencyCode } from '../ledger/money.ts';
import { dynamoClient } from '../platform/clients.ts';
import { apiEnv, readEnv } from '../platform/env.ts';
import type { ApiContext, Group, Operation, Route } from './operation.ts';
import { apiHandler } from './router.ts';

type Env = ReturnType<typeof readEnv<typeof apiEnv>>;

/** The context of every API function, from its environment. */
function apiContext(env: Env): ApiContext {
  const dynamo = dynamoClient();
  return {
    ledger: openLedger(dynamo, env.LEDGER_TABLE),
    responses: { dynamo, table: env.IDEMPOTENCY_TABLE },
    settings: {
      currency: currencyCode.parse(env.DEFAULT_CURRENCY),
      timeZone: env.DEFAULT_TIME_ZONE,
      checkMarginMs: env.CHECK_MARGIN_MS,
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
  more: (env: Env) => More,
) {
  const env = readEnv(apiEnv);
  return apiHandler(operations, { ...apiContext(env), ...more(env) });
}
