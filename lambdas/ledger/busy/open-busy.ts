import type { SQSClient } from '@aws-sdk/client-sqs';
import type { BusyEnv } from '../../platform/env.ts';
import { sendInOrder } from '../../platform/queue.ts';
import type { LedgerContext } from '../context.ts';
import { BusyMerchants } from './busy-merchants.ts';

/** What a deployed function knows of busy merchants. */
export const busyMerchantsFrom = (
  ledger: LedgerContext,
  sqs: SQSClient,
  { IDEMPOTENCY_TABLE: table, BUSY_QUEUE_URL }: BusyEnv,
): BusyMerchants =>
  new BusyMerchants(ledger, { ...ledger, table }, sendInOrder(sqs, BUSY_QUEUE_URL));
