import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoClient } from '../platform/clients.ts';
import type { LedgerEnv } from '../platform/env.ts';
import { type Pacing, pacing } from '../platform/retry.ts';
import type { Currency, MinorUnits } from './money.ts';
import { Pools } from './pool/hints.ts';
import type { PoolOffer } from './pool/pool.ts';
import { openTable, type Table } from './table.ts';

/** The Ledger and the clock: what everything that reads or moves money works on. */
export type LedgerContext = Table & {
  readonly now: () => Date;
  readonly pacing: Pacing;
  /** What this process knows of the credit pools. */
  readonly pools: Pools;
  /** What a pool offers to a group that is decided together. Left out where each debit asks for itself. */
  readonly offer?: (currency: Currency, amount: MinorUnits) => PoolOffer;
};

export const openLedger = (
  dynamo: DynamoDBDocumentClient,
  table: string,
  pace: Pacing,
  now = (): Date => new Date(),
): LedgerContext => ({
  ...openTable(dynamo, table),
  pacing: pace,
  now,
  pools: new Pools(pace),
});

/** The Ledger of a deployed function. */
export const ledgerFrom = ({ LEDGER_TABLE, DEADLINE_MS }: LedgerEnv): LedgerContext =>
  openLedger(dynamoClient(), LEDGER_TABLE, pacing(DEADLINE_MS));
