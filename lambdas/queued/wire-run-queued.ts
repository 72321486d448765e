import { apiContext } from '../http/api-context.ts';
import type { ApiEnv } from '../platform/env.ts';
import { memberOf } from './members.ts';
import { QUEUED } from './operations.ts';
import { runQueued } from './run-queued.ts';

/** One second before Lambda stops the function. */
const STOP_AFTER_MS = 4_000;

/** The groups of busy merchants, with the tables and settings of its environment. */
export function runQueuedFrom(env: ApiEnv) {
  const context = apiContext(env);
  return runQueued({ ...context, memberOf: memberOf(context, QUEUED), stopAfterMs: STOP_AFTER_MS });
}
