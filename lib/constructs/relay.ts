import { Duration, Validations } from 'aws-cdk-lib';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { relayEnv } from '../../lambdas/platform/env.ts';
import type { Stage } from '../stage-schema.ts';
import type { LedgerTable } from './ledger-table.ts';
import type { DueWork } from './schedules.ts';
import { SuretyFunction } from './surety-function.ts';

export type WorkRelayProps = {
  readonly stage: Stage;
  readonly ledger: LedgerTable;
  readonly settlementQueue: IQueue;
  readonly dueWork: DueWork;
};

const WITHDRAWAL = { type: { S: ['withdrawal'] } };
const SCHEDULED = { status: { S: ['SCHEDULED'] } };
const TRANSACTION_KEY = { sk: { S: [{ prefix: 'TXN#' }] } };

/**
 * Only a row that is new as PENDING, or becomes it when its time has come. Not PROCESSING →
 * PENDING: that row's message is still on the queue, and it must never have two. Besides, what needs a
 * schedule, and what needs it no more.
 */
const WORK_FILTERS = [
  {
    eventName: ['INSERT'],
    dynamodb: {
      Keys: TRANSACTION_KEY,
      NewImage: { ...WITHDRAWAL, status: { S: ['PENDING', 'SCHEDULED'] } },
    },
  },
  {
    eventName: ['MODIFY'],
    dynamodb: {
      Keys: TRANSACTION_KEY,
      OldImage: SCHEDULED,
      NewImage: { ...WITHDRAWAL, status: { S: ['PENDING', 'CANCELLED'] } },
    },
  },
];

/** Puts each withdrawal that is ready for the bank on the settlement queue, and schedules those with a time. */
export class WorkRelay extends Construct {
  readonly relay: SuretyFunction<typeof relayEnv>;

  constructor(scope: Construct, id: string, props: WorkRelayProps) {
    super(scope, id);
    const { stage, ledger, settlementQueue, dueWork } = props;
    const { batchSize, maxRecordAgeSeconds, retryAttempts, parallelization } = stage.workStream;
    const lost = new Queue(this, 'Lost', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: stage.enforceTls,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(lost).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is itself where failures go; nothing consumes it but people.',
    });
    this.relay = new SuretyFunction(this, 'Function', {
      stage,
      name: 'relay',
      env: relayEnv,
      environment: {
        SETTLEMENT_QUEUE_URL: settlementQueue.queueUrl,
        SCHEDULE_GROUP: dueWork.group.scheduleGroupName,
        SCHEDULE_ROLE_ARN: dueWork.schedulerRole.roleArn,
        DUE_QUEUE_ARN: dueWork.due.queue.queueArn,
        DUE_DLQ_ARN: dueWork.due.parked.queueArn,
      },
      impact: 'New withdrawals are accepted but do not reach the bank while this fails.',
    });
    settlementQueue.grantSendMessages(this.relay);
    dueWork.mayBeScheduledBy(this.relay.executionRole);
    this.relay.addEventSource(
      new DynamoEventSource(ledger, {
        // LATEST would lose what is written while the source is being made.
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize,
        maxRecordAge: Duration.seconds(maxRecordAgeSeconds),
        retryAttempts,
        parallelizationFactor: parallelization,
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        // Holds where the lost records stood in the stream, not the records.
        onFailure: new SqsDlq(lost),
        filters: WORK_FILTERS.map((filter) => ({ pattern: JSON.stringify(filter) })),
      }),
    );
  }
}
