import { Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LEDGER_INDEXES, type LedgerIndex } from './ledger-table.ts';

/** What DynamoDB asks of a caller whose table is under a key of ours, spelled out. */
const KEY_TO_READ = ['kms:Decrypt', 'kms:DescribeKey'];
const KEY_TO_WRITE = [
  ...KEY_TO_READ,
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

const allow = (
  grantee: IGrantable,
  actions: string[],
  resources: string[],
  conditions: Record<string, unknown> = {},
): void => {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions, resources, conditions }),
  );
};

/** Only by way of DynamoDB: the key is of no other use to the grantee. */
const allowKey = (grantee: IGrantable, table: Table, actions: string[]): void => {
  if (table.encryptionKey === undefined) return;
  const { region } = Stack.of(table);
  allow(grantee, actions, [table.encryptionKey.keyArn], {
    StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` },
  });
};

/** Single rows of a table, by key. */
const mayLookUp = (grantee: IGrantable, table: Table): void => {
  allow(grantee, ['dynamodb:GetItem'], [table.tableArn]);
  allowKey(grantee, table, KEY_TO_READ);
};

/** Rows and lists of the Ledger, and those of its indexes that are needed, by name. Never a Scan. */
export const mayReadLedger = (
  grantee: IGrantable,
  ledger: Table,
  needed: readonly LedgerIndex[] = LEDGER_INDEXES,
): void => {
  const indexes = needed.map((index) => `${ledger.tableArn}/index/${index}`);
  mayLookUp(grantee, ledger);
  allow(grantee, ['dynamodb:BatchGetItem'], [ledger.tableArn]);
  allow(grantee, ['dynamodb:Query'], [ledger.tableArn, ...indexes]);
};

/**
 * Writes only as part of a transaction: a lone PutItem or UpdateItem is denied, so no code path
 * can change one balance without the other side.
 */
const mayTransact = (grantee: IGrantable, table: Table, actions: string[]): void => {
  allow(grantee, actions, [table.tableArn], {
    // ForAllValues would let a request through that has no enclosing operation at all.
    'ForAnyValue:StringEquals': { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] },
  });
  allowKey(grantee, table, KEY_TO_WRITE);
};

/** Rows of the Ledger: new ones, changed ones, and conditions on rows that stay as they are. */
export const mayCommit = (grantee: IGrantable, ledger: Table): void => {
  mayTransact(grantee, ledger, ['dynamodb:PutItem', 'dynamodb:UpdateItem']);
  // Exists only inside a transaction, and IAM does not offer the enclosing operation for it.
  allow(grantee, ['dynamodb:ConditionCheckItem'], [ledger.tableArn]);
};

/**
 * Takes tranches away as their money becomes available: the only rows that are ever deleted, and only in
 * the transaction that raises what is available. IAM knows partitions, not sort keys, so that it is only
 * tranches is what `store/tranches.ts`, the one place with a Delete, and its test see to.
 */
export const mayFold = (grantee: IGrantable, ledger: Table): void =>
  mayTransact(grantee, ledger, ['dynamodb:DeleteItem']);

/** The answer for an idempotency key: put once, with what it answers, and never changed. */
export const mayStoreAnswers = (grantee: IGrantable, idempotency: Table): void => {
  mayLookUp(grantee, idempotency);
  mayTransact(grantee, idempotency, ['dynamodb:PutItem']);
};
