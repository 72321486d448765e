import { Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { LedgerTable, tableDefaults } from './constructs/ledger-table.ts';
import { MerchantUsers } from './constructs/merchant-users.ts';
import { keepData } from './constructs/removal.ts';
import { stackProps } from './stack-props.ts';
import type { Stage } from './stage-schema.ts';

/** What outlives a deploy: tables, their key, users, and a simulated bank's secret. */
export class DataStack extends Stack {
  readonly ledger: LedgerTable;
  readonly idempotency: Table;
  readonly users: MerchantUsers;

  constructor(scope: Construct, stage: Stage) {
    super(scope, `surety-${stage.name}-data`, stackProps(stage));
    const key = stage.customerKey
      ? new Key(this, 'Key', {
          alias: `surety-${stage.name}`,
          description: 'Encrypts the tables of Surety',
          enableKeyRotation: true,
          removalPolicy: keepData(stage),
        })
      : undefined;
    this.ledger = new LedgerTable(this, 'Ledger', { stage, key });
    this.idempotency = new Table(this, 'Idempotency', {
      ...tableDefaults({ stage, key }),
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
    });
    this.users = new MerchantUsers(this, 'Users', stage);
    if (stage.bank.createSecret) {
      new Secret(this, 'BankSecret', {
        secretName: stage.bank.secretName,
        description: 'Bearer token of the simulated bank',
        // Without options the local cloud makes an empty secret.
        generateSecretString: { excludePunctuation: true, passwordLength: 40 },
      });
    }
  }
}
