import { DynamoDBServiceException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Row } from '../../../lambdas/ledger/apply.ts';
import type { StoredItems } from './stored-items.ts';
import type { Throughput } from './throughput.ts';
import type { VirtualTime } from './virtual-time.ts';

const NETWORK = 3;
const LEDGER = 4.5;

/**
 * How long the stages of a request take: medians in milliseconds. Chosen so that a transaction of five writes has
 * the published p50 of 25 ms, measured from Lambda (alexdebrie/dynamodb-performance-testing).
 */
export const STAGES = {
  /** Of each latency's logarithm. */
  sigma: 0.45,
  /** Of the coordinators' clocks, in milliseconds: standard deviation. */
  clockSkew: 0.05,
  /** From the client to the coordinator, or to the partition. */
  request: NETWORK,
  /** The transaction is recorded. */
  begin: LEDGER * 0.6,
  /** One item; all of them at once. */
  prepare: 3.5,
  /** The decision to commit, or to cancel, is recorded. */
  commitDecision: LEDGER,
  cancelDecision: LEDGER * 0.5,
  /** One item; all of them at once. */
  commit: 3.5,
  reply: NETWORK * 0.7,
  /** One item of a read of several. */
  read: 2.5,
  /** Back to the client. */
  getReply: 2,
  batchGetReply: 1,
  transactGetReply: 2,
};
export type Stages = typeof STAGES;

/** A row before and after a transaction; undefined where there is none. */
export type WrittenRow = {
  readonly table: string;
  /** `pk|sk`, or the id. */
  readonly name: string;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
};

/** Told of every committed transaction twice, with the same list of rows. */
export type Observer = {
  /** At the point where it is decided: the order of these calls is the order of the transactions. */
  readonly committed?: (rows: readonly WrittenRow[]) => void;
  /** When the answer arrives. A client knows of it only then. */
  readonly acknowledged?: (rows: readonly WrittenRow[]) => void;
};

export type Counts = {
  /** TransactWrite requests, whatever became of them. */
  transactions: number;
  committed: number;
  /** Conflicts of TransactWrite by row: `pk|sk`, or the id. */
  readonly conflicts: Map<string, number>;
  /** Conditions that failed. */
  conditionFailures: number;
  /** Of base tables; an index of one is not modelled. */
  writeUnits: number;
  /** Items of a request that exceeded the throughput of their partition. */
  throttles: number;
  /** TransactGet requests, and how many of them were cancelled. */
  transactionalReads: number;
  cancelledReads: number;
};

/** What the requests work on. */
export type TableState = {
  readonly time: VirtualTime;
  readonly stages: Stages;
  readonly items: StoredItems;
  readonly writeUnits: Throughput;
  readonly readUnits: Throughput;
  readonly counts: Counts;
  readonly observer: Observer;
};

/** One stage of a request, with the latency of this time. */
export const stage = (
  { time, stages }: TableState,
  name: Exclude<keyof Stages, 'sigma' | 'clockSkew'>,
): Promise<void> => time.sleep(time.latency(stages[name], stages.sigma));

/** What became of one item of a transaction. */
export type Reason =
  | { readonly Code: 'None' | 'TransactionConflict' | 'ThrottlingError' }
  | { readonly Code: 'ValidationError'; readonly Message: string }
  | { readonly Code: 'ConditionalCheckFailed'; readonly existing: Row | undefined };

/** The rows in the reasons are marshalled, as the document client leaves them. */
export const cancelled = (reasons: readonly Reason[]): TransactionCanceledException =>
  new TransactionCanceledException({
    message: `Transaction cancelled [${reasons.map(({ Code }) => Code).join(', ')}]`,
    $metadata: {},
    CancellationReasons: reasons.map((reason) => {
      if (reason.Code !== 'ConditionalCheckFailed') return reason;
      const { Code, existing } = reason;
      return { Code, ...(existing !== undefined && { Item: marshall(existing) }) };
    }),
  });

export const refusedRequest = (
  name: 'ThrottlingException' | 'ValidationException',
  message: string,
): DynamoDBServiceException =>
  new DynamoDBServiceException({ name, message, $fault: 'client', $metadata: {} });

/** @throws where a request has a field that the model does not know. */
export function allowOnly(request: object, fields: readonly string[]): void {
  for (const [name, value] of Object.entries(request)) {
    if (value !== undefined && !fields.includes(name)) throw new Error(`not modelled: ${name}`);
  }
}

/** Strong reads only: what a stale one returns is not modelled. */
export function requireStrong({
  ConsistentRead,
}: {
  readonly ConsistentRead?: boolean | undefined;
}) {
  if (ConsistentRead !== true) throw new Error('not modelled: an eventually consistent read');
}
