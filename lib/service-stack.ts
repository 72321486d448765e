import { CfnOutput, Stack } from 'aws-cdk-lib';
import { HttpUserPoolAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Construct } from 'constructs';
import { z } from 'zod';
import { ApiFamilies } from './constructs/api-families.ts';
import { HttpRoutes } from './constructs/http-routes.ts';
import { MinuteSweep } from './constructs/minute-sweep.ts';
import { SettleWorker } from './constructs/settle-worker.ts';
import { SettlementQueue } from './constructs/settlement-queue.ts';
import { SuretyFunction } from './constructs/surety-function.ts';
import { WorkRelay } from './constructs/work-relay.ts';
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

    const settlement = new SettlementQueue(this, 'Settlement', stage);
    const settlementQueue = settlement.queue;
    const { relay } = new WorkRelay(this, 'WorkRelay', { stage, ledger, settlementQueue });
    const settle = new SettleWorker(this, 'Settle', { stage, ledger, settlementQueue });
    const { sweep } = new MinuteSweep(this, 'MinuteSweep', { stage, ledger, settlementQueue });
    settlement.onlyFrom([relay.executionRole, sweep.executionRole]);

    this.#outputs({
      ApiId: api.apiId,
      ApiUrl: api.apiEndpoint,
      LedgerTableName: ledger.tableName,
      IdempotencyTableName: data.idempotency.tableName,
      UserPoolId: users.pool.userPoolId,
      UserPoolClientId: users.client.userPoolClientId,
      SettlementQueueUrl: settlementQueue.queueUrl,
      SettlementDlqUrl: settlement.parked.queueUrl,
      SettleFunctionName: settle.functionName,
      SweepFunctionName: sweep.functionName,
      BankSecretName: stage.bank.secretName,
    });
  }

  #outputs(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}
