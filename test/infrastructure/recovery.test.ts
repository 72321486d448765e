import { expect, it } from '@jest/globals';
import { theResource } from '../harness/templates.ts';

it('WD-7 WD-8: the sweep runs every minute, and a run that fails waits for the next', () => {
  const rule = theResource('production', 'AWS::Events::Rule', 'MinuteSweep').Properties;
  expect(rule).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Targets: [
      {
        Arn: { 'Fn::GetAtt': [expect.stringMatching(/^MinuteSweepFunction/), 'Arn'] },
        RetryPolicy: { MaximumRetryAttempts: 0 },
      },
    ],
  });
});

it('WD-8: nobody else tries a run again: Lambda itself would, twice', () => {
  const config = theResource('production', 'AWS::Lambda::EventInvokeConfig', 'MinuteSweep');
  expect(config.Properties).toMatchObject({ MaximumRetryAttempts: 0 });
});

it('WD-7: what was swept is swept again only after five turns of its message', () => {
  const fn = theResource('production', 'AWS::Lambda::Function', 'MinuteSweep').Properties;
  expect(fn['Environment']).toMatchObject({ Variables: { SWEEP_AGAIN_MS: '900000' } });
});
