import { sendSettlement } from './queue/settlement-queue.ts';
import { streamFunction } from './runtime/batch.ts';
import { sqsClient } from './runtime/clients.ts';
import { readEnv, relayEnv } from './runtime/env.ts';
import { relayWork } from './stream/relay-work.ts';

const { SETTLEMENT_QUEUE_URL } = readEnv(relayEnv);

export const handler = streamFunction(relayWork(sendSettlement(sqsClient(), SETTLEMENT_QUEUE_URL)));
