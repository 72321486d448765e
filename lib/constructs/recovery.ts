import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { recoverEnv } from '../../lambdas/platform/env.ts';
import type { DataStack } from '../data-stack.ts';
import type { Stage } from '../stage-schema.ts';
import { SuretyFunction } from './surety-function.ts';

export type RecoveryProps = {
  readonly stage: Stage;
  readonly data: DataStack;
  readonly busyQueue: IQueue;
  readonly payoutQueue: IQueue;
  readonly scheduleQueue: IQueue;
  readonly poolQueue: IQueue;
};

/** EventBridge and Lambda keep an event at least this long. */
const INTERVAL = Duration.minutes(1);

/** WD-7: finds every minute what the stream, a queue, a schedule or a worker lost. */
export class Recovery extends SuretyFunction<typeof recoverEnv> {
  constructor(scope: Construct, id: string, props: RecoveryProps) {
    const { stage, data, busyQueue, payoutQueue, scheduleQueue, poolQueue } = props;
    const { ledger, idempotency } = data;
    const { visibilitySeconds } = stage.settlement.timers;
    super(scope, id, {
      stage,
      name: 'recover',
      env: recoverEnv,
      environment: {
        LEDGER_TABLE: ledger.tableName,
        DEADLINE_MS: String(stage.deadlines.messageMs),
        IDEMPOTENCY_TABLE: idempotency.tableName,
        BUSY_QUEUE_URL: busyQueue.queueUrl,
        PAYOUT_QUEUE_URL: payoutQueue.queueUrl,
        SCHEDULE_QUEUE_URL: scheduleQueue.queueUrl,
        POOL_QUEUE_URL: poolQueue.queueUrl,
        // Five visibility timeouts. A message that was not processed by then is lost as well.
        RECOVER_AGAIN_MS: String(visibilitySeconds * 5 * 1000),
      },
      impact: 'Payouts and releases that a stream, queue or worker lost are not recovered.',
      timeout: Duration.seconds(30),
      // Two runs at the same time would conflict on the same rows.
      reserved: 1,
    });
    ledger.grantRead(this);
    ledger.grantQuery(this, 'nextCheck');
    ledger.grantCommit(this);
    ledger.grantRelease(this);
    idempotency.grantReadMarkers(this);
    busyQueue.grantSendMessages(this);
    payoutQueue.grantSendMessages(this);
    scheduleQueue.grantSendMessages(this);
    poolQueue.grantSendMessages(this);
    // The run of the next minute is the retry. Lambda repeats a throttled run for hours, whatever the
    // number of retries, so an old run is dropped by its age.
    const once = { retryAttempts: 0, maxEventAge: INTERVAL };
    this.configureAsyncInvoke(once);
    new Rule(this, 'EveryMinute', {
      schedule: Schedule.rate(INTERVAL),
      targets: [new LambdaFunction(this, once)],
    });
  }
}
