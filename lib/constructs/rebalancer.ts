import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { ledgerEnv } from '../../lambdas/platform/env.ts';
import type { Stage } from '../stage-schema.ts';
import type { LedgerTable } from './ledger-table.ts';
import { SuretyFunction } from './surety-function.ts';
import { WorkQueue } from './work-queue.ts';

export type RebalancerProps = { readonly stage: Stage; readonly ledger: LedgerTable };

/** The fewest that Lambda allows. Two runs on one pool are harmless and get in each other's way. */
const EXECUTIONS = 2;

/** CR-1: levels credit pools, and spreads them over the number of shards that an admin wants. */
export class Rebalancer extends Construct {
  readonly work: WorkQueue;

  constructor(scope: Construct, id: string, { stage, ledger }: RebalancerProps) {
    super(scope, id);
    this.work = new WorkQueue(this, 'Work', { stage, name: 'pools' });
    const rebalance = new SuretyFunction(this, 'Rebalance', {
      stage,
      name: 'rebalance',
      env: ledgerEnv,
      environment: {
        LEDGER_TABLE: ledger.tableName,
        DEADLINE_MS: String(stage.deadlines.messageMs),
      },
      impact:
        'Credit pools are not levelled: what comes in stays in one row, and withdrawals from credit ' +
        'get slow. No withdrawal is refused for it.',
      timeout: Duration.seconds(stage.settlement.timers.functionSeconds),
      reserved: EXECUTIONS,
    });
    ledger.grantRead(rebalance);
    ledger.grantMoveWithinPools(rebalance);
    rebalance.addEventSource(
      new SqsEventSource(this.work.queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        maxConcurrency: EXECUTIONS,
      }),
    );
  }
}
