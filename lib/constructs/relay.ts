import { Duration, Validations } from 'aws-cdk-lib';
import { StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type IQueue, Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { PROVIDERS } from '../../lambdas/ledger/payout.ts';
import { relayEnv } from '../../lambdas/platform/env.ts';
import type { Stage } from '../stage-schema.ts';
import type { LedgerTable } from './ledger-table.ts';
import type { Schedules } from './schedules.ts';
import { SuretyFunction } from './surety-function.ts';

export type RelayProps = {
  readonly stage: Stage;
  readonly ledger: LedgerTable;
  readonly payoutQueue: IQueue;
  readonly poolQueue: IQueue;
  readonly schedules: Schedules;
};

const TRANSACTION_KEY = { sk: { S: [{ prefix: 'TXN#' }] } };
const PAYOUT = { payout: { M: { provider: { S: PROVIDERS } } } };
const status = (...names: readonly string[]) => ({ status: { S: names } });

/**
 * New payouts, new schedules, schedules that were executed or cancelled, and roots of pools. PROCESSING → PENDING
 * does not match: the message of that row is still on the queue, and a row must not have two.
 */
const FILTERS = [
  {
    eventName: ['INSERT'],
    dynamodb: {
      Keys: TRANSACTION_KEY,
      NewImage: { ...PAYOUT, ...status('PENDING', 'SCHEDULED') },
    },
  },
  {
    eventName: ['MODIFY'],
    dynamodb: {
      Keys: TRANSACTION_KEY,
      OldImage: status('SCHEDULED'),
      NewImage: { ...PAYOUT, ...status('PENDING', 'CANCELLED') },
    },
  },
  // The root of a pool. Debits change its shards, which recovery does not look for.
  {
    dynamodb: {
      Keys: { sk: { S: ['POOL'] } },
      NewImage: { nextCheckKey: { S: [{ prefix: 'POOL#' }] } },
    },
  },
];

/**
 * A shard carries 1,000 write units a second, and a withdrawal needs 14. So these carry 1,000
 * withdrawals a second. Lambda reads further shards with a delay.
 */
const SHARDS = 16;

/** Sends each new payout to its queue, creates and deletes schedules, and calls the rebalancer. */
export class Relay extends SuretyFunction<typeof relayEnv> {
  constructor(scope: Construct, id: string, props: RelayProps) {
    const { stage, ledger, payoutQueue, poolQueue, schedules } = props;
    const { scheduleQueue } = schedules;
    super(scope, id, {
      stage,
      name: 'relay',
      env: relayEnv,
      environment: {
        PAYOUT_QUEUE_URL: payoutQueue.queueUrl,
        POOL_QUEUE_URL: poolQueue.queueUrl,
        SCHEDULE_QUEUE_URL: scheduleQueue.queue.queueUrl,
        SCHEDULE_GROUP: schedules.group.scheduleGroupName,
        SCHEDULE_ROLE_ARN: schedules.schedulerRole.roleArn,
        SCHEDULE_QUEUE_ARN: scheduleQueue.queue.queueArn,
        SCHEDULE_DLQ_ARN: scheduleQueue.deadLetters.queueArn,
      },
      impact: 'New withdrawals and sales are accepted but reach neither bank nor operator.',
      reserved: SHARDS * stage.stream.parallelization,
    });
    payoutQueue.grantSendMessages(this);
    poolQueue.grantSendMessages(this);
    scheduleQueue.queue.grantSendMessages(this);
    schedules.grantSchedule(this.executionRole);
    this.#readStream(stage, ledger);
  }

  #readStream(stage: Stage, ledger: LedgerTable): void {
    const { batchSize, maxRecordAgeSeconds, parallelization } = stage.stream;
    const deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: stage.enforceTls,
      retentionPeriod: Duration.days(14),
      // The stream's event source sends to it. It is the dead-letter queue of no queue.
      redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL },
    });
    Validations.of(deadLetters).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This is a dead-letter queue. Only operators read it.',
    });
    this.addEventSource(
      new DynamoEventSource(ledger, {
        // LATEST would skip records that are written while Lambda creates the event source.
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize,
        // Retries end by age only. Their number could be used up within minutes of an outage.
        maxRecordAge: Duration.seconds(maxRecordAgeSeconds),
        parallelizationFactor: parallelization,
        bisectBatchOnError: true,
        reportBatchItemFailures: true,
        // Receives the stream positions of the failed records, not the records.
        onFailure: new SqsDlq(deadLetters),
        filters: FILTERS.map((filter) => ({ pattern: JSON.stringify(filter) })),
      }),
    );
  }
}
