import { ledgerFrom } from '../ledger/context.ts';
import { rebalanceMessage } from '../operations/pools/rebalance.ts';
import { queueFunction } from '../platform/batch.ts';
import { ledgerEnv, readEnv } from '../platform/env.ts';

export const handler = queueFunction(rebalanceMessage(ledgerFrom(readEnv(ledgerEnv))));
