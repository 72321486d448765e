import { recoverFrom } from '../payouts/wire-recover.ts';
import { timedFunction } from '../platform/batch.ts';
import { readEnv, recoverEnv } from '../platform/env.ts';

export const handler = timedFunction(recoverFrom(readEnv(recoverEnv)));
