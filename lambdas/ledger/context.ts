import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { openTable, type Table } from './table.ts';

/** The Ledger and the clock: what everything that reads or moves money works on. */
export type LedgerContext = Table & { readonly now: () => Date };

export const openLedger = (
  dynamo: DynamoDBDocumentClient,
  table: string,
  now = (): Date => new Date(),
): LedgerContext => ({ ...openTable(dynamo, table), now });
