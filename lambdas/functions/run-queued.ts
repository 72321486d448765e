import { wholeBatchFunction } from '../platform/batch.ts';
import { apiEnv, readEnv } from '../platform/env.ts';
import { runQueuedFrom } from '../queued/wire-run-queued.ts';

export const handler = wholeBatchFunction(runQueuedFrom(readEnv(apiEnv)));
