import { Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** The KMS actions that DynamoDB requires from the caller of a table under a customer managed key. */
export const KEY_TO_READ = ['kms:Decrypt', 'kms:DescribeKey'];
export const KEY_TO_WRITE = [
  ...KEY_TO_READ,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

export const allow = (
  grantee: IGrantable,
  actions: string[],
  resources: string[],
  conditions: Record<string, unknown> = {},
): void => {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions, resources, conditions }),
  );
};

/** Limited to requests that DynamoDB makes: the grantee cannot use the key directly. */
export const allowKey = (grantee: IGrantable, table: Table, actions: string[]): void => {
  if (table.encryptionKey === undefined) return;
  const { region } = Stack.of(table);
  allow(grantee, actions, [table.encryptionKey.keyArn], {
    StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` },
  });
};

/** Requests for these partitions only. Every request for a row names its partition. */
export const keysLike = (...partitions: readonly string[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitions },
});

/** Single rows of a table, by key. */
export const allowLookUp = (grantee: IGrantable, table: Table): void => {
  allow(grantee, ['dynamodb:GetItem'], [table.tableArn]);
  allowKey(grantee, table, KEY_TO_READ);
};

/**
 * Writes only as part of a transaction. IAM denies a single PutItem, UpdateItem or DeleteItem, so
 * no code path can change one balance without its counterpart.
 */
export const allowInTransactions = (
  grantee: IGrantable,
  table: Table,
  actions: string[],
  conditions: Record<string, unknown> = {},
): void => {
  allow(grantee, actions, [table.tableArn], {
    ...conditions,
    // ForAllValues would also allow a request that has no enclosing operation.
    'ForAnyValue:StringEquals': { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] },
  });
  allowKey(grantee, table, KEY_TO_WRITE);
};
