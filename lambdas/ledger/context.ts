import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Pacing } from '../platform/retry.ts';
import { openTable, type Table } from './table.ts';

/** The Ledger and the clock: what everything that reads or moves money works on. */
export type LedgerContext = Table & { readonly now: () => Date; readonly pacing: Pacing };

export const openLedger = (
  dynamo: DynamoDBDocumentClient,
  table: string,
  pacing: Pacing,
  now = (): Date => new Date(),
): LedgerContext => ({ ...openTable(dynamo, table), pacing, now });
