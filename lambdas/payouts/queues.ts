import type { PoolMessage } from '../ledger/pool/pool.ts';
import { sendTo } from '../platform/queue.ts';
import type { PayoutMessage } from './settle-rule.ts';

export const sendPayout = sendTo<PayoutMessage>(({ merchantId }) => merchantId);
export const sendPool = sendTo<PoolMessage>(({ currency }) => currency);
