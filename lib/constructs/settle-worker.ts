import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { settleEnv } from '../../lambdas/platform/env.ts';
import type { Stage } from '../stage-schema.ts';
import { SuretyFunction } from './surety-function.ts';
import { mayCommit, mayReadLedger } from './table-access.ts';

export type SettleWorkerProps = {
  readonly stage: Stage;
  readonly ledger: Table;
  readonly settlementQueue: IQueue;
};

/** WD-4: pays out, and is reached by its queue alone: no URL, no route, no right to invoke it. */
export class SettleWorker extends SuretyFunction<typeof settleEnv> {
  constructor(scope: Construct, id: string, { stage, ledger, settlementQueue }: SettleWorkerProps) {
    const { bank, settlement } = stage;
    const { timers } = settlement;
    super(scope, id, {
      stage,
      name: 'settle',
      env: settleEnv,
      environment: {
        LEDGER_TABLE: ledger.tableName,
        SETTLEMENT_QUEUE_URL: settlementQueue.queueUrl,
        BANK_URL: bank.url,
        BANK_SECRET_NAME: bank.secretName,
        BANK_CALL_MS: String(timers.bankCallMs),
        BANK_CLAIM_MS: String(timers.bankClaimMs),
        LEASE_MS: String(timers.leaseMs),
        VISIBILITY_MS: String(timers.visibilitySeconds * 1000),
        QUIET_MS: String(timers.quietMs),
      },
      impact: 'Withdrawals are accepted but not paid out while this fails; they wait in the queue.',
      timeout: Duration.seconds(timers.functionSeconds),
    });
    mayReadLedger(this, ledger, []);
    mayCommit(this, ledger);
    // By name: `Ref` of a secret is its name on the local cloud, and a grant on it never matches.
    Secret.fromSecretNameV2(this, 'BankSecret', bank.secretName).grantRead(this);
    // Grants the queue's consumer rights, ChangeMessageVisibility among them.
    this.addEventSource(
      new SqsEventSource(settlementQueue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        // Not reserved concurrency: its throttled receives would count towards parking.
        maxConcurrency: settlement.maxConcurrency,
      }),
    );
  }
}
