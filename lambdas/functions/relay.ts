import { relayFrom } from '../payouts/wire-relay.ts';
import { streamFunction } from '../platform/batch.ts';
import { readEnv, relayEnv } from '../platform/env.ts';

export const handler = streamFunction(relayFrom(readEnv(relayEnv)));
