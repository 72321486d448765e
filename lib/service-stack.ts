import { CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpUserPoolAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Construct } from 'constructs';
import { z } from 'zod';
import { ApiFamilies } from './constructs/function-groups.ts';
import { HttpRoutes } from './constructs/http-routes.ts';
import { MinuteSweep } from './constructs/recovery.ts';
import { WorkRelay } from './constructs/relay.ts';
import { DueWork } from './constructs/schedules.ts';
import { SettleWorker } from './constructs/settle-worker.ts';
import { SuretyFunction } from './constructs/surety-function.ts';
import { WorkQueue } from './constructs/work-queue.ts';
import type { DataStack } from './data-stack.ts';
import { stackProps } from './stack-props.ts';
import type { Stage } from './stage-schema.ts';

/** Everything that runs, in the order in which a withdrawal passes through it. */
export class ServiceStack extends Stack {
  constructor(scope: Construct, stage: Stage, data: DataStack) {
    super(scope, `surety-${stage.name}-service`, stackProps(stage));
    const { ledger, users } = data;

    const { api } = new HttpRoutes(this, 'Http', {
      stage,
      families: new ApiFamilies(this, 'Families', { stage, data }).functions,
      notFound: new SuretyFunction(this, 'NotFound', {
        stage,
        name: 'not-found',
        env: z.object({}),
        environment: {},
        impact: 'Unknown paths and wrong methods are answered 500 instead of 404 or 405.',
      }),
      authorizer: new HttpUserPoolAuthorizer('Cognito', users.pool, {
        userPoolClients: [users.client],
      }),
    });

    const settlement = new WorkQueue(this, 'Settlement', stage);
    const dueWork = new DueWork(this, 'DueWork', { stage, ledger });
    const [settlementQueue, dueQueue] = [settlement.queue, dueWork.due.queue];
    const work = { stage, ledger, settlementQueue, dueQueue };
    const { relay } = new WorkRelay(this, 'WorkRelay', { ...work, dueWork });
    const settle = new SettleWorker(this, 'Settle', work);
    const { sweep } = new MinuteSweep(this, 'MinuteSweep', work);
    settlement.onlyFrom('OnlyRelayAndSweepSend', [relay.executionRole, sweep.executionRole]);
    dueWork.due.onlyFrom('OnlySchedulesAndSweepSend', [dueWork.schedulerRole, sweep.executionRole]);

    this.#outputs({
      ApiId: api.apiId,
      ApiUrl: api.apiEndpoint,
      LedgerTableName: ledger.tableName,
      IdempotencyTableName: data.idempotency.tableName,
      UserPoolId: users.pool.userPoolId,
      UserPoolClientId: users.client.userPoolClientId,
      SettlementQueueUrl: settlementQueue.queueUrl,
      SettlementDlqUrl: settlement.parked.queueUrl,
      DueQueueUrl: dueQueue.queueUrl,
      ScheduleGroupName: dueWork.group.scheduleGroupName,
      SettleFunctionName: settle.functionName,
      SweepFunctionName: sweep.functionName,
      BankSecretName: stage.bank.secretName,
    });
  }

  #outputs(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}
