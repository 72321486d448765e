import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type IScheduleGroup, ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { carryOutEnv } from '../../lambdas/platform/env.ts';
import type { Stage } from '../stage-schema.ts';
import type { LedgerTable } from './ledger-table.ts';
import { SuretyFunction } from './surety-function.ts';
import { mayCommit, mayFold, mayReadLedger } from './table-access.ts';
import { WorkQueue } from './work-queue.ts';

export type DueWorkProps = { readonly stage: Stage; readonly ledger: LedgerTable };

/** WD-2: schedules, the queue they fire into, and the function that carries out what is due. */
export class DueWork extends Construct {
  readonly due: WorkQueue;
  readonly group: IScheduleGroup;
  /** In which EventBridge Scheduler sends, and nobody else can. */
  readonly schedulerRole: Role;
  readonly carryOut: SuretyFunction<typeof carryOutEnv>;

  constructor(scope: Construct, id: string, { stage, ledger }: DueWorkProps) {
    super(scope, id);
    this.due = new WorkQueue(this, 'Due', stage);
    this.group = stage.ownScheduleGroup
      ? new ScheduleGroup(this, 'Schedules', {
          scheduleGroupName: `surety-${stage.name}-withdrawals`,
        })
      : ScheduleGroup.fromDefaultScheduleGroup(this, 'Schedules');
    this.schedulerRole = this.#schedulerRole();
    this.due.queue.grantSendMessages(this.schedulerRole);
    this.due.parked.grantSendMessages(this.schedulerRole);
    this.carryOut = this.#carryOut(stage, ledger);
  }

  /** What makes and unmakes the schedules of one group, and hands them this role and no other. */
  mayBeScheduledBy(relay: Role): void {
    const { account, partition, region } = Stack.of(this);
    const schedules = `arn:${partition}:scheduler:${region}:${account}:schedule/${this.group.scheduleGroupName}/*`;
    relay.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule'],
        resources: [schedules],
      }),
    );
    Validations.of(relay).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${schedules}]`,
      reason: 'Each withdrawal has a schedule of its own, in this group.',
    });
    relay.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [this.schedulerRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    );
  }

  #schedulerRole(): Role {
    return new Role(this, 'SchedulerRole', {
      description: 'In which schedules of withdrawals send to the due queue',
      // Without the condition, a schedule of any other account could be given this role.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': Stack.of(this).account,
            'aws:SourceArn': this.group.scheduleGroupArn,
          },
        },
      }),
    });
  }

  #carryOut(stage: Stage, ledger: LedgerTable): SuretyFunction<typeof carryOutEnv> {
    const carryOut = new SuretyFunction(this, 'CarryOut', {
      stage,
      name: 'execute-scheduled',
      env: carryOutEnv,
      environment: {
        LEDGER_TABLE: ledger.tableName,
        DUE_QUEUE_URL: this.due.queue.queueUrl,
      },
      impact: 'Scheduled withdrawals are late while this fails; they wait in the due queue.',
      timeout: Duration.seconds(stage.settlement.timers.functionSeconds),
    });
    mayReadLedger(carryOut, ledger, []);
    mayCommit(carryOut, ledger);
    mayFold(carryOut, ledger);
    carryOut.addEventSource(
      new SqsEventSource(this.due.queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        maxConcurrency: stage.settlement.maxConcurrency,
      }),
    );
    return carryOut;
  }
}
