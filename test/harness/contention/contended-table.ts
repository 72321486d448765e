import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Row } from '../../../lambdas/ledger/apply.ts';
import { plainPut } from './plain-put.ts';
import { query } from './query.ts';
import { batchGet, get, transactGet } from './reads.ts';
import { copyOf } from './stored.ts';
import { keyIn, StoredItems, setRow } from './stored-items.ts';
import { type Counts, type Observer, STAGES, type Stages, type TableState } from './table-state.ts';
import { PARTITION, Throughput } from './throughput.ts';
import { transactWrite } from './transact-write.ts';
import type { VirtualTime } from './virtual-time.ts';

/** DynamoDB in memory, with its transactions' conflicts and its throttling, on virtual time. */
export type ContendedTable = {
  /** Knows what the ledger sends, and throws on anything else. The SDK's own retries are left out. */
  readonly dynamo: DynamoDBDocumentClient;
  /** Stores rows at once and without a transaction: a test's set-up. */
  readonly put: (table: string, ...rows: readonly Row[]) => void;
  /** The committed rows of a table. */
  readonly rows: (table: string) => readonly Row[];
  readonly counts: Readonly<Counts>;
};

export function contendedTable(
  time: VirtualTime,
  observer: Observer = {},
  stages: Stages = STAGES,
): ContendedTable {
  const items = new StoredItems();
  const counts: Counts = {
    transactions: 0,
    committed: 0,
    conflicts: new Map(),
    conditionFailures: 0,
    writeUnits: 0,
    throttles: 0,
    transactionalReads: 0,
    cancelledReads: 0,
  };
  const state: TableState = {
    time,
    stages,
    items,
    writeUnits: new Throughput(time.now, PARTITION.writeUnits, PARTITION.burstMs),
    readUnits: new Throughput(time.now, PARTITION.readUnits, PARTITION.burstMs),
    counts,
    observer,
  };
  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof TransactWriteCommand) return transactWrite(state, command.input);
    if (command instanceof TransactGetCommand) return transactGet(state, command.input);
    if (command instanceof BatchGetCommand) return batchGet(state, command.input);
    if (command instanceof GetCommand) return get(state, command.input);
    if (command instanceof PutCommand) return plainPut(state, command.input);
    if (command instanceof QueryCommand) return query(state, command.input);
    throw new Error(`not modelled: ${String(command)}`);
  };
  return {
    dynamo: { send } as unknown as DynamoDBDocumentClient,
    put: (table, ...rows) => {
      for (const row of rows) setRow(items.at(table, keyIn(row)), copyOf(row));
    },
    rows: (table) => items.rows(table),
    counts,
  };
}
