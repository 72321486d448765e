import { BillingMode, TableEncryption, type TableProps } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Stage } from '../stage-schema.ts';
import { dataRemoval } from './removal.ts';

export type TableSettings = { readonly stage: Stage; readonly key: IKey | undefined };

/** Every table is on-demand and has point-in-time recovery. The stage sets protection and encryption. */
export const tableDefaults = ({ stage, key }: TableSettings) =>
  ({
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: stage.deletionProtection,
    removalPolicy: dataRemoval(stage),
    ...(key === undefined
      ? { encryption: TableEncryption.DEFAULT }
      : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
  }) satisfies Partial<TableProps>;
