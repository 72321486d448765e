import {
  AttributeType,
  BillingMode,
  type GlobalSecondaryIndexProps,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
  type TableProps,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Stage } from '../stage-schema.ts';
import { keepData } from './removal.ts';

export type TableSettings = { readonly stage: Stage; readonly key: IKey | undefined };

/** What every table of ours has: on-demand, restorable, protected and encrypted by stage. */
export const tableDefaults = ({ stage, key }: TableSettings) =>
  ({
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: stage.deletionProtection,
    removalPolicy: keepData(stage),
    ...(key === undefined
      ? { encryption: TableEncryption.DEFAULT }
      : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
  }) satisfies Partial<TableProps>;

const text = (name: string) => ({ name, type: AttributeType.STRING });

/** Only what never changes: a list reads it, and then the rows it wants. */
const HISTORY = ['txnId', 'type', 'currency', 'amount', 'source', 'createdAt', 'subject'];

/** Rows carry all these keys from the first release on. An index only finds candidates. */
const INDEXES = [
  {
    indexName: 'byTime',
    partitionKey: text('pk'),
    sortKey: text('byTime'),
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: HISTORY,
  },
  {
    indexName: 'byRecipient',
    partitionKey: text('recipient'),
    sortKey: text('byTime'),
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: HISTORY,
  },
  {
    indexName: 'byId',
    partitionKey: text('txnId'),
    projectionType: ProjectionType.KEYS_ONLY,
  },
  {
    indexName: 'byStatus',
    partitionKey: text('statusKey'),
    sortKey: text('statusAt'),
    projectionType: ProjectionType.KEYS_ONLY,
  },
  {
    indexName: 'due',
    partitionKey: text('dueKey'),
    sortKey: text('due'),
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: ['type', 'status', 'source', 'currency', 'amount', 'txnId'],
  },
] as const satisfies readonly GlobalSecondaryIndexProps[];

export const LEDGER_INDEXES = INDEXES.map(({ indexName }) => indexName);
export type LedgerIndex = (typeof LEDGER_INDEXES)[number];

/** Merchants, balances, pools and transactions. Its stream carries out what a row decided. */
export class LedgerTable extends Table {
  constructor(scope: Construct, id: string, settings: TableSettings) {
    super(scope, id, {
      ...tableDefaults(settings),
      partitionKey: text('pk'),
      sortKey: text('sk'),
      // A plain table, not a global one: a global table's stream has one reader, we need two.
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    for (const index of INDEXES) this.addGlobalSecondaryIndex(index);
  }

  /** Always there, unlike a table's in general: the constructor turns the stream on. */
  override get tableStreamArn(): string {
    const arn = super.tableStreamArn;
    if (arn === undefined) throw new Error('The ledger has lost its stream');
    return arn;
  }
}
