import { settleFrom } from '../payouts/wire-settle.ts';
import { queueFunction } from '../platform/batch.ts';
import { readEnv, settleEnv } from '../platform/env.ts';

export const handler = queueFunction(settleFrom(readEnv(settleEnv)));
