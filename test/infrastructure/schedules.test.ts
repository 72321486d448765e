import { describe, expect, it } from '@jest/globals';
import { inside, templatesOf, theResource } from '../harness/templates.ts';
import { resolved } from './resolved.ts';
import {
  ADMINISTRATOR,
  allowed,
  answerTo,
  productionArn,
  productionRoles,
  queuePolicyOf,
} from './simulated-iam.ts';

const QUEUE = productionArn('AWS::SQS::Queue', 'DueWorkDueQueue');
const PARKED = productionArn('AWS::SQS::Queue', 'DueWorkDueParked');
const ROLE = productionArn('AWS::IAM::Role', 'DueWorkSchedulerRole');
const GROUP = 'arn:aws:scheduler:eu-central-1:123456789012:schedule/surety-production-withdrawals';
const POLICY = queuePolicyOf('DueWorkDueQueue');
const scheduler = productionRoles().find(({ arn }) => arn === ROLE);

describe('WD-2 WD-4: the due queue', () => {
  const send = { action: 'sqs:SendMessage', resource: QUEUE, resourcePolicy: POLICY };

  it('takes messages from schedules and the sweep alone', async () => {
    expect(await allowed(send)).toEqual([scheduler?.name, 'recover'].toSorted());
    expect(await answerTo({ role: ADMINISTRATOR, ...send })).toBe('ExplicitlyDenied');
  });

  it.each(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'])(
    'gives them to execute-scheduled alone (%s)',
    async (action) => {
      expect(await allowed({ action, resource: QUEUE, resourcePolicy: POLICY })).toEqual([
        'execute-scheduled',
      ]);
    },
  );

  it('parks what cannot be delivered, where schedules may put it too', async () => {
    expect(
      theResource('production', 'AWS::SQS::Queue', 'DueWorkDueQueue').Properties,
    ).toMatchObject({
      VisibilityTimeout: 180,
      RedrivePolicy: { maxReceiveCount: 1000 },
    });
    expect(await allowed({ action: 'sqs:SendMessage', resource: PARKED })).toEqual([
      scheduler?.name,
    ]);
  });

  it('hands over ten messages at a time, and takes back only those that failed', () => {
    const source = theResource('production', 'AWS::Lambda::EventSourceMapping', 'DueWorkCarryOut');
    expect(source.Properties).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 50 },
    });
  });
});

describe('WD-2: schedules', () => {
  it.each(['scheduler:CreateSchedule', 'scheduler:DeleteSchedule'])(
    '%s is for the relay, in their own group',
    async (action) => {
      expect(await allowed({ action, resource: `${GROUP}/T1` })).toEqual(['relay']);
      expect(await allowed({ action, resource: `${GROUP}2/T1` })).toEqual([]);
    },
  );

  it.each(['scheduler:UpdateSchedule', 'scheduler:GetSchedule'])(
    'nobody needs %s',
    async (action) => {
      expect(await allowed({ action, resource: `${GROUP}/T1` })).toEqual([]);
    },
  );

  it('are given their role by the relay, and it can be given to nothing else', async () => {
    const pass = { action: 'iam:PassRole', resource: ROLE };
    const to = (service: string) => ({ 'iam:PassedToService': service });
    expect(await allowed({ ...pass, context: to('scheduler.amazonaws.com') })).toEqual(['relay']);
    expect(await allowed({ ...pass, context: to('lambda.amazonaws.com') })).toEqual([]);
    const settle = productionArn('AWS::IAM::Role', 'SettleRole');
    const other = { ...pass, resource: settle, context: to('scheduler.amazonaws.com') };
    expect(await allowed(other)).toEqual([]);
  });

  it('of another account or group cannot take that role', () => {
    const role = theResource('production', 'AWS::IAM::Role', 'DueWorkSchedulerRole').Properties;
    const [statement] = [inside(role, 'AssumeRolePolicyDocument', 'Statement')].flat();
    expect(resolved('production', templatesOf('production').service, statement)).toMatchObject({
      Principal: { Service: 'scheduler.amazonaws.com' },
      Condition: {
        StringEquals: {
          'aws:SourceAccount': '123456789012',
          'aws:SourceArn':
            'arn:aws:scheduler:eu-central-1:123456789012:schedule-group/surety-production-withdrawals',
        },
      },
    });
  });
});
