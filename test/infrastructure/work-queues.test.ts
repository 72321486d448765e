import { describe, expect, it } from '@jest/globals';
import { HELD_SECONDS } from '../../lambdas/payouts/settle.ts';
import {
  inside,
  resourcesOf,
  STAGE_NAMES,
  type StageName,
  stacksOf,
  theResource,
} from '../harness/templates.ts';

const DAYS = 86_400;
const QUEUES = [
  ['PayoutsQueue', 'PayoutsDeadLetters'],
  ['SchedulesWorkQueue', 'SchedulesWorkDeadLetters'],
] as const;

/** The queue of busy merchants has its own settings: a client waits for the response to each message. */
const BUSY = ['BusyWorkQueue', 'BusyWorkDeadLetters'] as const;

const queue = (stage: StageName, id: string) =>
  theResource(stage, 'AWS::SQS::Queue', id).Properties;
const maxReceives = (stage: StageName, id: string): number =>
  Number(inside(queue(stage, id), 'RedrivePolicy', 'maxReceiveCount'));

describe.each(QUEUES)('WD-8: %s', (id, deadLetters) => {
  it('is encrypted and has a dead-letter queue', () => {
    expect(queue('production', id)).toMatchObject({
      SqsManagedSseEnabled: true,
      RedrivePolicy: {
        deadLetterTargetArn: {
          'Fn::GetAtt': [expect.stringMatching(new RegExp(`^${deadLetters}`)), 'Arn'],
        },
      },
    });
  });

  it.each(STAGE_NAMES)('hides a message in %s as long as the timers of the stage say', (stage) => {
    const { visibilitySeconds } = stacksOf(stage).stage.settlement.timers;
    expect(queue(stage, id)['VisibilityTimeout']).toBe(visibilitySeconds);
  });

  it.each(['dev', 'staging', 'production'] as const)(
    'keeps retrying in %s while the bank is out for two days',
    (stage) => {
      const { visibilitySeconds } = stacksOf(stage).stage.settlement.timers;
      expect(maxReceives(stage, id) * visibilitySeconds).toBeGreaterThanOrEqual(2 * DAYS);
    },
  );

  // Its age does not start again in the dead-letter queue.
  it.each(STAGE_NAMES)(
    'dead-letters a held message in %s three days before it is too old',
    (stage) => {
      const retention = Number(queue(stage, deadLetters)['MessageRetentionPeriod']);
      expect(maxReceives(stage, id) * HELD_SECONDS).toBeLessThanOrEqual(retention - 3 * DAYS);
    },
  );
});

// A client repeats a request without a response. Nothing depends on the message of the first attempt.
it('WD-8: every queue keeps its messages for 14 days, except the queue of busy merchants', () => {
  const shorter = resourcesOf('production', 'AWS::SQS::Queue').filter(
    ([, { Properties }]) => Properties['MessageRetentionPeriod'] !== 14 * DAYS,
  );
  expect(shorter.map(([id]) => id.slice(0, -'12345678'.length))).toEqual([BUSY[0]]);
});

describe.each(STAGE_NAMES)('the queue of busy merchants in %s', (stage) => {
  const [id, deadLetters] = BUSY;
  const runQueued = theResource(stage, 'AWS::Lambda::Function', 'BusyRunQueued').Properties;
  const source = theResource(stage, 'AWS::Lambda::EventSourceMapping', 'BusyRunQueued').Properties;

  it('OP-3: keeps the order of the requests of each merchant, and has the throughput limit for each merchant', () => {
    const highThroughput = {
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    };
    expect(queue(stage, id)).toMatchObject({
      ...highThroughput,
      QueueName: `surety-${stage}-busy.fifo`,
    });
    expect(queue(stage, deadLetters)).toMatchObject({
      ...highThroughput,
      QueueName: `surety-${stage}-busy-dead-letters.fifo`,
    });
  });

  // Two requests with the same content are two requests.
  it('AP-1: finds copies of a request by the id that the sender gives, not by content', () => {
    for (const each of BUSY)
      expect(queue(stage, each)).not.toHaveProperty('ContentBasedDeduplication');
  });

  it('WD-8: is encrypted, keeps a message for one minute, and delivers it at most three times', () => {
    expect(queue(stage, id)).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 60,
      RedrivePolicy: {
        maxReceiveCount: 3,
        deadLetterTargetArn: {
          'Fn::GetAtt': [expect.stringMatching(new RegExp(`^${deadLetters}`)), 'Arn'],
        },
      },
    });
    expect(queue(stage, deadLetters)).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * DAYS,
    });
  });

  it('OP-3: hides a batch for longer than its function runs, so that no two executions decide it', () => {
    expect(runQueued['Timeout']).toBe(5);
    expect(queue(stage, id)['VisibilityTimeout']).toBe(6);
  });

  it('WD-8: delivers up to ten requests at a time, and none of them again because it failed', () => {
    expect(source).toMatchObject({
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 20 },
      EventSourceArn: { 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^${id}`)), 'Arn'] },
      FunctionName: { Ref: expect.stringMatching(/^BusyRunQueued/) },
    });
    // A message that is delivered again delays all later ones of its merchant.
    expect(source).not.toHaveProperty('FunctionResponseTypes');
    // Collecting a batch would delay its requests.
    expect(source).not.toHaveProperty('MaximumBatchingWindowInSeconds');
  });
});

describe('WD-8: a dead-letter queue', () => {
  it.each(
    STAGE_NAMES.flatMap((stage) =>
      [...QUEUES, BUSY].map(([id, deadLetters]) => ({ stage, id, deadLetters })),
    ),
  )('accepts messages of its own queue only: $id in $stage', ({ stage, id, deadLetters }) => {
    const { account, region } = stacksOf(stage).stage;
    expect(queue(stage, deadLetters)['RedriveAllowPolicy']).toEqual({
      redrivePermission: 'byQueue',
      sourceQueueArns: [`arn:aws:sqs:${region}:${account}:${queue(stage, id)['QueueName']}`],
    });
  });

  it.each(STAGE_NAMES)('of an event source accepts messages of no queue, in %s', (stage) => {
    expect(queue(stage, 'RelayDeadLetters')['RedriveAllowPolicy']).toEqual({
      redrivePermission: 'denyAll',
    });
  });

  it('always has such a policy', () => {
    const open = resourcesOf('production', 'AWS::SQS::Queue').filter(
      ([, { Properties }]) =>
        !('RedrivePolicy' in Properties || 'RedriveAllowPolicy' in Properties),
    );
    expect(open.map(([id]) => id)).toEqual([]);
  });
});
