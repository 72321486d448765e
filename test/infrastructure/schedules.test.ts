import { describe, expect, it } from '@jest/globals';
import { theResource } from '../harness/templates.ts';
import {
  ADMINISTRATOR,
  allowedRoles,
  productionArn,
  productionRoles,
  simulate,
} from './simulated-iam.ts';

const QUEUE = productionArn('AWS::SQS::Queue', 'SchedulesWorkQueue');
const DEAD_LETTERS = productionArn('AWS::SQS::Queue', 'SchedulesWorkDeadLetters');
const ROLE = productionArn('AWS::IAM::Role', 'SchedulesSchedulerRole');
const GROUP = 'arn:aws:scheduler:eu-central-1:123456789012:schedule/surety-production-withdrawals';
const scheduler = productionRoles().find(({ arn }) => arn === ROLE);

describe('WD-2 WD-4: the schedule queue', () => {
  const send = { action: 'sqs:SendMessage', resource: QUEUE };

  it('accepts messages only from schedules, relay and recovery', async () => {
    expect(await allowedRoles(send)).toEqual([scheduler?.name, 'recover', 'relay'].toSorted());
    expect(await simulate({ caller: ADMINISTRATOR, ...send })).toBe('ExplicitlyDenied');
  });

  it.each(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'])(
    'only execute-scheduled consumes its messages (%s)',
    async (action) => {
      expect(await allowedRoles({ action, resource: QUEUE })).toEqual(['execute-scheduled']);
    },
  );

  it('has a dead-letter queue, which schedules can send to as well', async () => {
    expect(
      theResource('production', 'AWS::SQS::Queue', 'SchedulesWorkQueue').Properties,
    ).toMatchObject({
      VisibilityTimeout: 180,
      RedrivePolicy: { maxReceiveCount: 1000 },
    });
    expect(await allowedRoles({ action: 'sqs:SendMessage', resource: DEAD_LETTERS })).toEqual([
      scheduler?.name,
    ]);
  });

  it('sends batches of ten without waiting for them to fill, and retries only the messages that failed', () => {
    const source = theResource(
      'production',
      'AWS::Lambda::EventSourceMapping',
      'SchedulesExecuteScheduled',
    );
    expect(source.Properties).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 50 },
    });
    expect(source.Properties).not.toHaveProperty('MaximumBatchingWindowInSeconds');
  });
});

describe('WD-2: schedules', () => {
  it.each(['scheduler:CreateSchedule', 'scheduler:DeleteSchedule'])(
    'allow %s to relay, in their own group',
    async (action) => {
      expect(await allowedRoles({ action, resource: `${GROUP}/T1` })).toEqual(['relay']);
      expect(await allowedRoles({ action, resource: `${GROUP}2/T1` })).toEqual([]);
    },
  );

  it.each(['scheduler:UpdateSchedule', 'scheduler:GetSchedule'])(
    'allow %s to no role',
    async (action) => {
      expect(await allowedRoles({ action, resource: `${GROUP}/T1` })).toEqual([]);
    },
  );

  it('get their role from relay, which cannot pass it to another service', async () => {
    const pass = { action: 'iam:PassRole', resource: ROLE };
    const to = (service: string) => ({ 'iam:PassedToService': service });
    expect(await allowedRoles({ ...pass, context: to('scheduler.amazonaws.com') })).toEqual([
      'relay',
    ]);
    expect(await allowedRoles({ ...pass, context: to('lambda.amazonaws.com') })).toEqual([]);
    const settle = productionArn('AWS::IAM::Role', 'SettleRole');
    const other = { ...pass, resource: settle, context: to('scheduler.amazonaws.com') };
    expect(await allowedRoles(other)).toEqual([]);
  });
});
