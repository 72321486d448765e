import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { type TableSettings, tableDefaults } from './table-defaults.ts';
import { allowInTransactions, allowLookUp } from './table-grants.ts';

/** AP-1: the stored response of each idempotency key. DynamoDB deletes it when it expires. */
export class IdempotencyTable extends Table {
  constructor(scope: Construct, id: string, settings: TableSettings) {
    super(scope, id, {
      ...tableDefaults(settings),
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
    });
  }

  /** A response is written once, in the transaction it describes, and never changed. */
  grantStoreResponses(grantee: IGrantable): void {
    allowLookUp(grantee, this);
    allowInTransactions(grantee, this, ['dynamodb:PutItem']);
  }
}
