import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type IScheduleGroup, ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { executeScheduledEnv } from '../../lambdas/platform/env.ts';
import type { DataStack } from '../data-stack.ts';
import type { Stage } from '../stage-schema.ts';
import { SuretyFunction } from './surety-function.ts';
import { WorkQueue } from './work-queue.ts';

export type SchedulesProps = {
  readonly stage: Stage;
  readonly data: DataStack;
  readonly busyQueue: IQueue;
};

/** WD-2: schedules, the queue they send to, and the function that executes withdrawals from it. */
export class Schedules extends Construct {
  readonly scheduleQueue: WorkQueue;
  readonly group: IScheduleGroup;
  /** Assumed by EventBridge Scheduler to send to the schedule queue. No other principal can. */
  readonly schedulerRole: Role;
  readonly executionRole: Role;

  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    const { stage } = props;
    this.scheduleQueue = new WorkQueue(this, 'Work', { stage, name: 'schedules' });
    this.group = stage.ownScheduleGroup
      ? new ScheduleGroup(this, 'Group', {
          scheduleGroupName: `surety-${stage.name}-withdrawals`,
          // Its schedules follow from the rows of the Ledger. A group that outlives the stack would
          // block the next deployment, and its schedules would fire at a queue that is gone.
          removalPolicy: RemovalPolicy.DESTROY,
        })
      : ScheduleGroup.fromDefaultScheduleGroup(this, 'Group');
    this.schedulerRole = this.#schedulerRole();
    this.scheduleQueue.queue.grantSendMessages(this.schedulerRole);
    this.scheduleQueue.deadLetters.grantSendMessages(this.schedulerRole);
    this.executionRole = this.#executeScheduled(props).executionRole;
  }

  /** Creates and deletes schedules of this group, and passes them the scheduler role only. */
  grantSchedule(role: Role): void {
    const { account, partition, region } = Stack.of(this);
    const schedules = `arn:${partition}:scheduler:${region}:${account}:schedule/${this.group.scheduleGroupName}/*`;
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule'],
        resources: [schedules],
      }),
    );
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${schedules}]`,
      reason: 'Each withdrawal has its own schedule in this group.',
    });
    role.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [this.schedulerRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    );
  }

  #schedulerRole(): Role {
    return new Role(this, 'SchedulerRole', {
      description: 'Sends the messages of schedules to the schedule queue',
      // Without the conditions, a schedule in another account could use this role.
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

  #executeScheduled({ stage, data: { ledger, idempotency }, busyQueue }: SchedulesProps) {
    const { queue } = this.scheduleQueue;
    const { timers, executeScheduledConcurrency } = stage.settlement;
    const executeScheduled = new SuretyFunction(this, 'ExecuteScheduled', {
      stage,
      name: 'execute-scheduled',
      env: executeScheduledEnv,
      environment: {
        LEDGER_TABLE: ledger.tableName,
        DEADLINE_MS: String(stage.deadlines.messageMs),
        IDEMPOTENCY_TABLE: idempotency.tableName,
        BUSY_QUEUE_URL: busyQueue.queueUrl,
        SCHEDULE_QUEUE_URL: queue.queueUrl,
        CHECK_MARGIN_MS: String(timers.checkMarginMs),
      },
      impact: 'Scheduled withdrawals are late. Their messages stay in the schedule queue.',
      timeout: Duration.seconds(timers.functionSeconds),
      reserved: executeScheduledConcurrency,
    });
    ledger.grantRead(executeScheduled);
    ledger.grantCommit(executeScheduled);
    ledger.grantRelease(executeScheduled);
    idempotency.grantReadMarkers(executeScheduled);
    busyQueue.grantSendMessages(executeScheduled);
    executeScheduled.addEventSource(
      new SqsEventSource(queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        maxConcurrency: executeScheduledConcurrency,
      }),
    );
    return executeScheduled;
  }
}
