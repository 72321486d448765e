import { Duration, Stack } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  type IRole,
  PolicyStatement,
  Role,
} from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Stage } from '../stage-schema.ts';

/** Withdrawals that wait for the bank, and the parking place for those that cannot be settled. */
export class SettlementQueue extends Construct {
  readonly queue: Queue;
  readonly parked: Queue;
  /** Operators assume it to send parked messages back. */
  readonly redriver: Role;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    const defaults = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: stage.enforceTls,
      // The longest there is: a message is only ever lost by age.
      retentionPeriod: Duration.days(14),
    };
    this.parked = new Queue(this, 'Parked', defaults);
    this.queue = new Queue(this, 'Queue', {
      ...defaults,
      visibilityTimeout: Duration.seconds(stage.settlement.timers.visibilitySeconds),
      // A message stays until its row is final, also while a merchant is suspended (15 minutes
      // a time): the count must outlast the retention, and only catch what loops.
      deadLetterQueue: { queue: this.parked, maxReceiveCount: 1000 },
    });
    this.redriver = this.redriveRole(stage);
  }

  /**
   * Denies SendMessage to everyone but these senders, administrators and root included: what is
   * on this queue is paid out.
   *
   * SQS itself moves a message to the parking queue after its last receive; that is no SendMessage
   * to this queue. The way back, StartMessageMoveTask, runs with its caller's own right to
   * SendMessage here, so a deny without an exception would end every redrive: the redrive role is
   * that exception. It can bring in no money: a message names a row, and the row decides.
   */
  onlyFrom(senders: readonly IRole[]): void {
    const { account, partition } = Stack.of(this);
    const allowed = [...senders, this.redriver].flatMap(({ roleArn, roleName }) => [
      roleArn,
      // aws:PrincipalArn is the role on AWS, and its session on the local cloud.
      `arn:${partition}:sts::${account}:assumed-role/${roleName}/*`,
    ]);
    this.queue.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OnlyTheRelaySends',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn],
        conditions: { ArnNotLike: { 'aws:PrincipalArn': allowed } },
      }),
    );
  }

  private redriveRole(stage: Stage): Role {
    const role = new Role(this, 'Redriver', {
      roleName: `surety-${stage.name}-redrive`,
      description: 'Sends parked settlement messages back, once their cause is repaired',
      // Who in the account may assume it is a matter of their own policies.
      assumedBy: new AccountRootPrincipal(),
    });
    const allow = (actions: string[], queue: Queue) =>
      role.addToPolicy(new PolicyStatement({ actions, resources: [queue.queueArn] }));
    allow(
      [
        'sqs:StartMessageMoveTask',
        'sqs:CancelMessageMoveTask',
        'sqs:ListMessageMoveTasks',
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
      ],
      this.parked,
    );
    allow(['sqs:SendMessage'], this.queue);
    return role;
  }
}
