import { Duration, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  RedrivePermission,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Stage } from '../stage-schema.ts';

export type WorkQueueProps = {
  readonly stage: Stage;
  /** Part of the physical name of the queue. */
  readonly name: string;
  /** Of a queue that keeps the order of each group. */
  readonly fifo?: {
    readonly visibility: Duration;
    readonly retention: Duration;
    readonly maxReceiveCount: number;
  };
};

/** Groups do not share a limit, and a copy is a copy within its group alone: the high throughput of FIFO queues. */
const FIFO = {
  fifo: true,
  deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
  fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
};

/** A queue of transactions to process, with its dead-letter queue. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { stage, name, fifo }: WorkQueueProps) {
    super(scope, id);
    const defaults = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: stage.enforceTls,
      // The maximum of SQS. A message is lost only by age.
      retentionPeriod: Duration.days(14),
      ...(fifo && FIFO),
    };
    const physical = `surety-${stage.name}-${name}`;
    const queueName = fifo === undefined ? physical : `${physical}.fifo`;
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...defaults,
      ...(fifo && { queueName: `${physical}-dead-letters.fifo` }),
      redriveAllowPolicy: {
        redrivePermission: RedrivePermission.BY_QUEUE,
        // By its name: the queue refers to this one, and CloudFormation allows no circle.
        sourceQueues: [Queue.fromQueueArn(this, 'Source', this.#arnOf(queueName))],
      },
    });
    this.queue = new Queue(this, 'Queue', {
      ...defaults,
      queueName,
      visibilityTimeout:
        fifo?.visibility ?? Duration.seconds(stage.settlement.timers.visibilitySeconds),
      ...(fifo && { retentionPeriod: fifo.retention }),
      // The maximum of SQS. At one receive for each visibility timeout of 180 s it is reached after
      // 50 hours, so an outage of the bank of two days dead-letters nothing. The message of a
      // suspended merchant is received every 15 minutes and reaches it after ten days. That is
      // within the retention period, which does not start again in the dead-letter queue.
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: fifo?.maxReceiveCount ?? 1_000 },
    });
  }

  #arnOf(queueName: string): string {
    return Stack.of(this).formatArn({ service: 'sqs', resource: queueName });
  }

  /**
   * Denies SendMessage to all principals except these senders. This includes administrators and
   * root, because a message on such a queue can end in a payment.
   *
   * SQS moves a message to the dead-letter queue after its last receive. That is not a SendMessage
   * to this queue. Moving messages back is one, and is denied too. Resume such a transaction by its
   * row instead: set `nextCheckAt` to now, and recovery sends a new message.
   */
  onlyFrom(sid: string, senders: readonly IRole[]): void {
    const { account, partition } = Stack.of(this);
    const allowed = senders.flatMap(({ roleArn, roleName }) => [
      roleArn,
      // aws:PrincipalArn is the role's ARN on AWS, and the session's ARN on the local cloud.
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
