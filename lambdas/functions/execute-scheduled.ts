import { executeScheduledFrom } from '../payouts/wire-execute.ts';
import { queueFunction } from '../platform/batch.ts';
import { executeScheduledEnv, readEnv } from '../platform/env.ts';

export const handler = queueFunction(executeScheduledFrom(readEnv(executeScheduledEnv)));
