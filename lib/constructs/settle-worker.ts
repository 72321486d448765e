import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { settleEnv } from '../../lambdas/platform/env.ts';
import type { DataStack } from '../data-stack.ts';
import type { Stage } from '../stage-schema.ts';
import { SuretyFunction } from './surety-function.ts';

export type SettleWorkerProps = {
  readonly stage: Stage;
  readonly data: DataStack;
  readonly payoutQueue: IQueue;
  readonly busyQueue: IQueue;
};

/**
 * The largest batch, and the number of executions, whose product is the number of calls. Settle
 * handles the messages of a batch in parallel. SQS allows batches of ten, and Lambda no fewer than
 * two executions.
 */
export const settleScaling = (parallelProviderCalls: number) => {
  const fits = (size: number) =>
    parallelProviderCalls % size === 0 && parallelProviderCalls / size >= 2;
  let batchSize = 10;
  while (!fits(batchSize)) batchSize -= 1;
  return { batchSize, maxConcurrency: parallelProviderCalls / batchSize };
};

/** WD-4: executes payouts. Only its queue can start it: no URL, no route, no invoke permission. */
export class SettleWorker extends SuretyFunction<typeof settleEnv> {
  constructor(
    scope: Construct,
    id: string,
    { stage, data, payoutQueue, busyQueue }: SettleWorkerProps,
  ) {
    const { ledger, idempotency } = data;
    const { bank, operator, settlement } = stage;
    const { timers } = settlement;
    const scaling = settleScaling(settlement.parallelProviderCalls);
    super(scope, id, {
      stage,
      name: 'settle',
      env: settleEnv,
      environment: {
        LEDGER_TABLE: ledger.tableName,
        DEADLINE_MS: String(stage.deadlines.messageMs),
        IDEMPOTENCY_TABLE: idempotency.tableName,
        BUSY_QUEUE_URL: busyQueue.queueUrl,
        PAYOUT_QUEUE_URL: payoutQueue.queueUrl,
        BANK_URL: bank.url,
        BANK_SECRET_NAME: bank.secretName,
        OPERATOR_URL: operator.url,
        OPERATOR_SECRET_NAME: operator.secretName,
        PROVIDER_CALL_MS: String(timers.providerCallMs),
        CLAIM_MS: String(timers.claimMs),
        LEASE_MS: String(timers.leaseMs),
        VISIBILITY_MS: String(timers.visibilitySeconds * 1000),
        QUIET_MS: String(timers.quietMs),
        CHECK_MARGIN_MS: String(timers.checkMarginMs),
      },
      impact:
        'Withdrawals and sales are accepted but not paid out. Their messages stay in the payout queue.',
      timeout: Duration.seconds(timers.functionSeconds),
      // Not fewer than the event source starts: a throttled receive counts towards maxReceiveCount.
      reserved: scaling.maxConcurrency,
    });
    ledger.grantRead(this);
    ledger.grantChange(this);
    idempotency.grantReadMarkers(this);
    busyQueue.grantSendMessages(this);
    // By name: on the local cloud `Ref` of a secret is its name, and a grant on it never matches.
    Secret.fromSecretNameV2(this, 'BankSecret', bank.secretName).grantRead(this);
    Secret.fromSecretNameV2(this, 'OperatorSecret', operator.secretName).grantRead(this);
    // Also grants the permissions of a consumer, including ChangeMessageVisibility.
    this.addEventSource(
      new SqsEventSource(payoutQueue, {
        ...scaling,
        reportBatchItemFailures: true,
      }),
    );
  }
}
