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

it('WD-8: every queue keeps its messages for 14 days', () => {
  for (const [, { Properties }] of resourcesOf('production', 'AWS::SQS::Queue')) {
    expect(Properties).toMatchObject({ MessageRetentionPeriod: 14 * DAYS });
  }
});

describe('WD-8: a dead-letter queue', () => {
  it.each(
    STAGE_NAMES.flatMap((stage) => QUEUES.map(([id, deadLetters]) => ({ stage, id, deadLetters }))),
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
