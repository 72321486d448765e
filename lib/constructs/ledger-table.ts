import {
  AttributeType,
  type GlobalSecondaryIndexProps,
  ProjectionType,
  StreamViewType,
  Table,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { LedgerIndex } from '../../lambdas/http/operation.ts';
import { healthKey, merchantPk, nameKey, poolPk, signInKey } from '../../lambdas/ledger/keys.ts';
import { warmIndex, warmThroughput } from '../capacity.ts';
import { type TableSettings, tableDefaults } from './table-defaults.ts';
import {
  allow,
  allowInTransactions,
  allowKey,
  allowLookUp,
  KEY_TO_READ,
  keysLike,
} from './table-grants.ts';

const text = (name: string) => ({ name, type: AttributeType.STRING });

/**
 * Only attributes that never change: no later write of a row is a write of the index. A list reads them first
 * and then the rows it returns. With the longest reference, an entry stays below the kilobyte of one write unit.
 */
const HISTORY = ['txnId', 'type', 'currency', 'amount', 'source', 'createdAt', 'reference'];

/** Rows carry all these keys since the first release. An index only finds candidates. */
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
    indexName: 'nextCheck',
    partitionKey: text('nextCheckKey'),
    sortKey: text('nextCheckAt'),
    projectionType: ProjectionType.INCLUDE,
    nonKeyAttributes: ['type', 'status', 'source', 'currency', 'amount', 'txnId'],
  },
] as const satisfies readonly (GlobalSecondaryIndexProps & { indexName: LedgerIndex })[];

/** Merchants, balances, pools and transactions. The stream starts everything that follows a commit. */
export class LedgerTable extends Table {
  constructor(scope: Construct, id: string, settings: TableSettings) {
    const { warmLedger } = settings.stage.tables;
    super(scope, id, {
      ...tableDefaults(settings),
      ...warmThroughput(warmLedger),
      partitionKey: text('pk'),
      sortKey: text('sk'),
      // Not a global table: its stream supports one reader, and the Ledger needs two.
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    for (const index of INDEXES) {
      const warm = warmThroughput(warmIndex(warmLedger, index.indexName));
      this.addGlobalSecondaryIndex({ ...index, ...warm });
    }
  }

  /** Always defined, unlike for tables in general: the constructor enables the stream. */
  override get tableStreamArn(): string {
    const arn = super.tableStreamArn;
    if (arn === undefined) throw new Error('The Ledger table has no stream');
    return arn;
  }

  /** Rows by key, and rows of a partition. Never a Scan. */
  grantRead(grantee: IGrantable): void {
    allowLookUp(grantee, this);
    allow(grantee, ['dynamodb:BatchGetItem', 'dynamodb:Query'], [this.tableArn]);
  }

  grantQuery(grantee: IGrantable, index: LedgerIndex): void {
    allow(grantee, ['dynamodb:Query'], [`${this.tableArn}/index/${index}`]);
  }

  /** The one row that the health check reads. It does not exist. */
  grantCheckHealth(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:BatchGetItem'], [this.tableArn], keysLike(healthKey.pk));
    allowKey(grantee, this, KEY_TO_READ);
  }

  /** New rows of merchants and pools, changed rows, and conditions on unchanged rows. */
  grantCommit(grantee: IGrantable): void {
    const keys = keysLike(merchantPk('*'), poolPk('*', '*'));
    allowInTransactions(grantee, this, ['dynamodb:PutItem'], keys);
    this.grantChange(grantee);
  }

  /** New rows of pools, changed rows, and conditions on unchanged rows. */
  grantMoveWithinPools(grantee: IGrantable): void {
    allowInTransactions(grantee, this, ['dynamodb:PutItem'], keysLike(poolPk('*', '*')));
    this.grantChange(grantee);
  }

  /** Changed rows, and conditions on unchanged rows. No new ones. */
  grantChange(grantee: IGrantable): void {
    allowInTransactions(grantee, this, ['dynamodb:UpdateItem']);
    // Exists only inside transactions. IAM has no enclosing operation for it.
    allow(grantee, ['dynamodb:ConditionCheckItem'], [this.tableArn]);
  }

  /**
   * The rows of a new merchant. Conditions cover partition keys only, so the role could also put other rows
   * of a merchant. Every row that the code puts must be new.
   */
  grantRegister(grantee: IGrantable): void {
    const keys = keysLike(nameKey('*').pk, signInKey({ pool: '*', sub: '*' }).pk, merchantPk('*'));
    allowInTransactions(grantee, this, ['dynamodb:PutItem'], keys);
  }

  /**
   * Deletes pending releases, in the transaction that makes the funds available. IAM conditions cover
   * partition keys but not sort keys, so the code limits deletion to pending releases: one module builds
   * deletes, and an architecture test checks that.
   */
  grantRelease(grantee: IGrantable): void {
    allowInTransactions(grantee, this, ['dynamodb:DeleteItem'], keysLike(merchantPk('*')));
  }

  /** Puts the row of a sign-in, and deletes the one that it replaces. */
  grantConnectSignIn(grantee: IGrantable): void {
    const keys = keysLike(signInKey({ pool: '*', sub: '*' }).pk);
    allowInTransactions(grantee, this, ['dynamodb:PutItem', 'dynamodb:DeleteItem'], keys);
  }
}
