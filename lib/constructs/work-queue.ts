import { Duration, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Stage } from '../stage-schema.ts';

/** Withdrawals that something has to happen to, and the parking place for those it cannot happen to. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly parked: Queue;

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
      // A message stays until its row has moved on, also while a merchant is suspended (15 minutes
      // a time): the count must outlast the retention, and only catch what loops.
      deadLetterQueue: { queue: this.parked, maxReceiveCount: 1000 },
    });
  }

  /**
   * Denies SendMessage to everyone but these senders, administrators and root included: what is
   * on such a queue ends at the bank.
   *
   * SQS itself moves a message to the parking queue after its last receive; that is no SendMessage
   * to this queue. Moving messages back is, and is denied too: a parked withdrawal is taken up again
   * by its row (`due = now`), not by its message (the row decides, always).
   */
  onlyFrom(sid: string, senders: readonly IRole[]): void {
    const { account, partition } = Stack.of(this);
    const allowed = senders.flatMap(({ roleArn, roleName }) => [
      roleArn,
      // aws:PrincipalArn is the role on AWS, and its session on the local cloud.
      `arn:${partition}:sts::${account}:assumed-role/${roleName}/*`,
    ]);
    this.queue.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn],
        conditions: { ArnNotLike: { 'aws:PrincipalArn': allowed } },
      }),
    );
  }
}
