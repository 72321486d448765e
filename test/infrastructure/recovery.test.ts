import { expect, it } from '@jest/globals';
import { theResource } from '../harness/templates.ts';

it('WD-7 WD-8: recovery runs every minute, and a failed run is not retried before the next', () => {
  const rule = theResource('production', 'AWS::Events::Rule', 'Recover').Properties;
  expect(rule).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Targets: [
      {
        Arn: { 'Fn::GetAtt': [expect.stringMatching(/^Recover[0-9A-F]{8}$/), 'Arn'] },
        RetryPolicy: { MaximumRetryAttempts: 0 },
      },
    ],
  });
});

// Lambda retries a failed asynchronous invocation twice by default.
it('WD-8: Lambda does not retry a failed run of recovery', () => {
  const config = theResource('production', 'AWS::Lambda::EventInvokeConfig', 'Recover');
  expect(config.Properties).toMatchObject({ MaximumRetryAttempts: 0 });
});

it('WD-7: a recovered row is recovered again only after five visibility timeouts', () => {
  const fn = theResource('production', 'AWS::Lambda::Function', 'Recover').Properties;
  expect(fn['Environment']).toMatchObject({ Variables: { RECOVER_AGAIN_MS: '900000' } });
});
