import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { sweepEnv } from '../../lambdas/platform/env.ts';
import type { Stage } from '../stage-schema.ts';
import type { LedgerTable } from './ledger-table.ts';
import { SuretyFunction } from './surety-function.ts';
import { mayCommit, mayFold, mayReadLedger } from './table-access.ts';

export type MinuteSweepProps = {
  readonly stage: Stage;
  readonly ledger: LedgerTable;
  readonly settlementQueue: IQueue;
  readonly dueQueue: IQueue;
};

/** Once a minute, finds again what the stream, the queue or a worker lost. */
export class MinuteSweep extends Construct {
  readonly sweep: SuretyFunction<typeof sweepEnv>;

  constructor(scope: Construct, id: string, props: MinuteSweepProps) {
    super(scope, id);
    const { stage, ledger, settlementQueue, dueQueue } = props;
    const { visibilitySeconds } = stage.settlement.timers;
    this.sweep = new SuretyFunction(this, 'Function', {
      stage,
      name: 'recover',
      env: sweepEnv,
      environment: {
        LEDGER_TABLE: ledger.tableName,
        SETTLEMENT_QUEUE_URL: settlementQueue.queueUrl,
        DUE_QUEUE_URL: dueQueue.queueUrl,
        // Five turns of a message: by then it has been seen, or is lost as well.
        SWEEP_AGAIN_MS: String(visibilitySeconds * 5 * 1000),
      },
      impact: 'What a stream, queue or worker lost is not found again while this fails.',
      timeout: Duration.seconds(30),
    });
    mayReadLedger(this.sweep, ledger, ['due']);
    mayCommit(this.sweep, ledger);
    mayFold(this.sweep, ledger);
    settlementQueue.grantSendMessages(this.sweep);
    dueQueue.grantSendMessages(this.sweep);
    // The next minute is the retry: two runs at once would only be in each other's way.
    this.sweep.configureAsyncInvoke({ retryAttempts: 0 });
    new Rule(this, 'EveryMinute', {
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(this.sweep, { retryAttempts: 0 })],
    });
  }
}
