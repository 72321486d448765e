import { type ApiEnv, apiEnv, readEnv } from '../platform/env.ts';
import { apiContext } from './api-context.ts';
import type { ApiContext, Group, Operation, Route } from './operation.ts';
import { apiHandler } from './router.ts';

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
