import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { IdempotencyTable } from './constructs/idempotency-table.ts';
import { LedgerTable } from './constructs/ledger-table.ts';
import { dataRemoval } from './constructs/removal.ts';
import { AdminUsers, MerchantUsers } from './constructs/users.ts';
import { stackProps } from './stack-props.ts';
import type { Stage } from './stage-schema.ts';

/** State that outlives deployments: tables, their key, users, and the secrets of simulated providers. */
export class DataStack extends Stack {
  readonly ledger: LedgerTable;
  readonly idempotency: IdempotencyTable;
  readonly merchants: MerchantUsers;
  readonly admins: AdminUsers;

  constructor(scope: Construct, stage: Stage) {
    super(scope, `surety-${stage.name}-data`, stackProps(stage));
    const key = stage.customerKey
      ? new Key(this, 'Key', {
          alias: `surety-${stage.name}`,
          description: 'Encrypts the tables of Surety',
          enableKeyRotation: true,
          removalPolicy: dataRemoval(stage),
        })
      : undefined;
    this.ledger = new LedgerTable(this, 'Ledger', { stage, key });
    this.idempotency = new IdempotencyTable(this, 'Idempotency', { stage, key });
    this.merchants = new MerchantUsers(this, 'Merchants', stage);
    this.admins = new AdminUsers(this, 'Administrators', stage);
    this.#secretOf('Bank', stage.bank);
    this.#secretOf('Operator', stage.operator);
  }

  #secretOf(provider: string, { createSecret, secretName }: Stage['bank']): void {
    if (!createSecret) return;
    new Secret(this, `${provider}Secret`, {
      secretName,
      description: `Bearer token of the simulated ${provider.toLowerCase()}`,
      // Without these options the local cloud creates an empty secret.
      // It also ignores excludePunctuation. No token has the excluded characters.
      generateSecretString: {
        excludePunctuation: true,
        excludeCharacters: '"{}',
        passwordLength: 40,
      },
    });
  }
}
