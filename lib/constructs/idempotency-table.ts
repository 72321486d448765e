import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { busyId, responseIdOf } from '../../lambdas/ledger/keys.ts';
import { type TableSettings, tableDefaults } from './table-defaults.ts';
import {
  allow,
  allowInTransactions,
  allowKey,
  allowLookUp,
  KEY_TO_READ,
  KEY_TO_WRITE,
  keysLike,
} from './table-grants.ts';

/** AP-1: the stored response of each idempotency key. DynamoDB deletes it when it expires. */
export class IdempotencyTable extends Table {
  constructor(scope: Construct, id: string, settings: TableSettings) {
    super(scope, id, {
      ...tableDefaults(settings),
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
    });
  }

  /** Tells requests whether they join others on the same merchant. */
  grantReadMarkers(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:GetItem'], [this.tableArn], keysLike(busyId('*')));
    allowKey(grantee, this, KEY_TO_READ);
  }

  /** The only rows that are put outside a transaction. They hold no money, and decide nothing. */
  grantMarkBusy(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:PutItem'], [this.tableArn], keysLike(busyId('*')));
    allowKey(grantee, this, KEY_TO_WRITE);
  }

  /** To look up what became of a request. The id of a row is a hash of its caller, operation and key. */
  grantReadResponses(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:GetItem'], [this.tableArn], keysLike(responseIdOf('*')));
    allowKey(grantee, this, KEY_TO_READ);
  }

  /** A response is written once, in the transaction it describes, and never changed. */
  grantStoreResponses(grantee: IGrantable): void {
    allowLookUp(grantee, this);
    allowInTransactions(grantee, this, ['dynamodb:PutItem']);
  }
}
