import { CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpUserPoolAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Construct } from 'constructs';
import { notFoundEnv } from '../lambdas/platform/env.ts';
import { BusyMerchants } from './constructs/busy-merchants.ts';
import { FunctionGroups, ROUTES } from './constructs/function-groups.ts';
import { HttpRoutes } from './constructs/http-routes.ts';
import { Rebalancer } from './constructs/rebalancer.ts';
import { Recovery } from './constructs/recovery.ts';
import { Relay } from './constructs/relay.ts';
import { Schedules } from './constructs/schedules.ts';
import { SettleWorker } from './constructs/settle-worker.ts';
import { SuretyFunction } from './constructs/surety-function.ts';
import type { Users } from './constructs/users.ts';
import { WorkQueue } from './constructs/work-queue.ts';
import type { DataStack } from './data-stack.ts';
import { stackProps } from './stack-props.ts';
import type { Stage } from './stage-schema.ts';

const authorizerOf = (id: string, { pool, client }: Users) =>
  new HttpUserPoolAuthorizer(id, pool, { userPoolClients: [client] });

/** The API, then the payout workers in the order in which a withdrawal passes through them. */
export class ServiceStack extends Stack {
  constructor(scope: Construct, stage: Stage, data: DataStack) {
    super(scope, `surety-${stage.name}-service`, stackProps(stage));
    const { ledger, merchants, admins } = data;

    const busy = new BusyMerchants(this, 'Busy', { stage, data });
    const busyQueue = busy.work.queue;
    const groups = new FunctionGroups(this, 'Groups', { stage, data, busyQueue });
    const { api } = new HttpRoutes(this, 'Http', {
      stage,
      functions: groups.functions,
      notFound: new SuretyFunction(this, 'NotFound', {
        stage,
        name: 'not-found',
        env: notFoundEnv,
        environment: { ROUTES: ROUTES.join(',') },
        impact: 'Unknown paths and wrong methods get a 500 response instead of 404 or 405.',
      }),
      authorizers: {
        merchant: authorizerOf('Merchants', merchants),
        admin: authorizerOf('Administrators', admins),
      },
    });

    const payouts = new WorkQueue(this, 'Payouts', { stage, name: 'payouts' });
    const schedules = new Schedules(this, 'Schedules', { stage, data, busyQueue });
    const rebalancer = new Rebalancer(this, 'Pools', { stage, ledger });
    const payoutQueue = payouts.queue;
    const poolQueue = rebalancer.work.queue;
    const scheduleQueue = schedules.scheduleQueue.queue;
    const relay = new Relay(this, 'Relay', {
      stage,
      ledger,
      payoutQueue,
      poolQueue,
      schedules,
    });
    const settle = new SettleWorker(this, 'Settle', { stage, data, payoutQueue, busyQueue });
    const recover = new Recovery(this, 'Recover', {
      stage,
      data,
      busyQueue,
      payoutQueue,
      scheduleQueue,
      poolQueue,
    });
    const finders = [relay.executionRole, recover.executionRole];
    payouts.onlyFrom('OnlyRelayAndRecoverySend', finders);
    rebalancer.work.onlyFrom('OnlyRelayAndRecoverySend', finders);
    busy.work.onlyFrom('OnlyWritersOfMerchantsSend', [
      ...groups.rolesWith('hand-over'),
      settle.executionRole,
      schedules.executionRole,
      recover.executionRole,
    ]);
    schedules.scheduleQueue.onlyFrom('OnlySchedulesRelayAndRecoverySend', [
      schedules.schedulerRole,
      ...finders,
    ]);

    this.#outputs({
      ApiId: api.apiId,
      ApiUrl: api.apiEndpoint,
      LedgerTableName: ledger.tableName,
      IdempotencyTableName: data.idempotency.tableName,
      MerchantPoolId: merchants.pool.userPoolId,
      MerchantPoolClientId: merchants.client.userPoolClientId,
      AdminPoolId: admins.pool.userPoolId,
      AdminPoolClientId: admins.client.userPoolClientId,
      PayoutQueueUrl: payoutQueue.queueUrl,
      PayoutDlqUrl: payouts.deadLetters.queueUrl,
      ScheduleQueueUrl: scheduleQueue.queueUrl,
      PoolQueueUrl: poolQueue.queueUrl,
      BusyQueueUrl: busyQueue.queueUrl,
      BusyDlqUrl: busy.work.deadLetters.queueUrl,
      ScheduleGroupName: schedules.group.scheduleGroupName,
      SettleFunctionName: settle.functionName,
      RecoverFunctionName: recover.functionName,
      BankSecretName: stage.bank.secretName,
      OperatorSecretName: stage.operator.secretName,
    });
  }

  #outputs(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}
