import { Duration } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { apiEnv } from '../../lambdas/platform/env.ts';
import type { DataStack } from '../data-stack.ts';
import type { Stage } from '../stage-schema.ts';
import { apiEnvironment } from './function-groups.ts';
import { SuretyFunction } from './surety-function.ts';
import { WorkQueue } from './work-queue.ts';

export type BusyMerchantsProps = { readonly stage: Stage; readonly data: DataStack };

/** Merchants whose requests are decided at the same time. Each has one batch under way at most. */
const EXECUTIONS = 20;

/** WD-8 OP-3: decides the requests on a busy merchant in their order, and commits up to ten together. */
export class BusyMerchants extends Construct {
  readonly work: WorkQueue;

  constructor(scope: Construct, id: string, { stage, data }: BusyMerchantsProps) {
    super(scope, id);
    this.work = new WorkQueue(this, 'Work', {
      stage,
      name: 'busy',
      fifo: {
        // Longer than the function, so that a batch is not received twice at the same time.
        visibility: Duration.seconds(6),
        // Nobody waits so long. What is older was answered with 503.
        retention: Duration.seconds(60),
        maxReceiveCount: 3,
      },
    });
    this.#runQueued(stage, data, this.work.queue);
  }

  #runQueued(stage: Stage, data: DataStack, busyQueue: IQueue): void {
    const runQueued = new SuretyFunction(this, 'RunQueued', {
      stage,
      name: 'run-queued',
      env: apiEnv,
      environment: apiEnvironment({ stage, data, busyQueue }),
      impact:
        'Merchants with many requests at a time get 503 for a part of them. Others are not affected.',
      timeout: Duration.seconds(5),
      // Requests that wait for it occupy the executions of the API.
      reserved: EXECUTIONS,
    });
    data.ledger.grantRead(runQueued);
    data.ledger.grantCommit(runQueued);
    data.ledger.grantRelease(runQueued);
    data.idempotency.grantStoreResponses(runQueued);
    data.idempotency.grantMarkBusy(runQueued);
    // No failures are reported: a message that is received again delays all others of its merchant.
    runQueued.addEventSource(
      new SqsEventSource(busyQueue, { batchSize: 10, maxConcurrency: EXECUTIONS }),
    );
  }
}
