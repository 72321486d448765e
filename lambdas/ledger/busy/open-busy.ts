import { sqsClient } from '../../platform/clients.ts';
import type { BusyEnv } from '../../platform/env.ts';
import { sendInOrder } from '../../platform/queue.ts';
import type { LedgerContext } from '../context.ts';
import { BusyMerchants } from './busy-merchants.ts';

/** What a deployed function knows of busy merchants. */
export const busyMerchantsFrom = (
  ledger: LedgerContext,
  { IDEMPOTENCY_TABLE: table, BUSY_QUEUE_URL }: BusyEnv,
): BusyMerchants =>
  new BusyMerchants(ledger, { ...ledger, table }, sendInOrder(sqsClient(), BUSY_QUEUE_URL));
