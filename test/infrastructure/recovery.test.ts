import { expect, it } from '@jest/globals';
import { resourcesOf, theResource } from '../harness/templates.ts';

it('WD-7 WD-8: recovery runs every minute, and a failed run is not retried before the next', () => {
  const rule = theResource('production', 'AWS::Events::Rule', 'Recover').Properties;
  expect(rule).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    Targets: [
      {
        Arn: { 'Fn::GetAtt': [expect.stringMatching(/^Recover[0-9A-F]{8}$/), 'Arn'] },
        RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
      },
    ],
  });
});

// Lambda retries a failed asynchronous invocation twice by default, and a throttled one for six hours.
it('WD-8: Lambda does not retry a failed run of recovery, and drops a throttled run after a minute', () => {
  const config = theResource('production', 'AWS::Lambda::EventInvokeConfig', 'Recover');
  expect(config.Properties).toMatchObject({
    MaximumRetryAttempts: 0,
    MaximumEventAgeInSeconds: 60,
  });
});

it('WD-7: a recovered row is recovered again only after five visibility timeouts', () => {
  const fn = theResource('production', 'AWS::Lambda::Function', 'Recover').Properties;
  expect(fn['Environment']).toMatchObject({ Variables: { RECOVER_AGAIN_MS: '900000' } });
});

it.each([
  ['production', '900000'],
  ['staging', '900000'],
  // A developer does not wait a quarter of an hour for a lost stream record.
  ['local', '60000'],
] as const)('WD-8: in %s recovery takes a message for lost after %s ms', (stage, margin) => {
  const environments = resourcesOf(stage, 'AWS::Lambda::Function')
    .map(([, { Properties }]) => Properties)
    .filter(({ FunctionName: name }) =>
      /-(withdrawals|execute-scheduled|settle)$/.test(String(name)),
    )
    .map(({ Environment }) => Environment);
  expect(environments).toHaveLength(3);
  for (const environment of environments) {
    expect(environment).toMatchObject({ Variables: { CHECK_MARGIN_MS: margin } });
  }
});
