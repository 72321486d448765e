import { beforeAll, describe, expect, it } from '@jest/globals';
import { CfnResource } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { appOf } from '../harness/templates.ts';

const findings = ({ app, data, service }: ReturnType<typeof appOf>) =>
  [data, service].flatMap((stack) =>
    new AwsSolutionsChecks(app)
      .validateScope(stack)
      .violations.map(({ ruleName, violatingResources }) => ({
        ruleName,
        at: violatingResources.map(({ resourceLogicalId }) => resourceLogicalId),
      })),
  );

describe('production', () => {
  // As `cdk synth` does it.
  beforeAll(() => {
    delete process.env['CDK_VALIDATION'];
  });

  it('has no finding of cdk-nag that is not acknowledged with a reason', () => {
    expect(findings(appOf('production'))).toEqual([]);
  });

  it('would not hide a queue that accepts plain http', () => {
    const made = appOf('production');
    new Queue(made.service, 'Unsafe');
    expect(findings(made).map(({ ruleName }) => ruleName)).toContain('AwsSolutions-SQS4');
  });

  it('OP-7: is what CloudFormation accepts, by its own schemas', () => {
    expect(() => appOf('production').app.synth()).not.toThrow();
  });

  it('OP-7: would not get past them with a property that does not exist', () => {
    const { app, service } = appOf('production');
    new CfnResource(service, 'Typo', { type: 'AWS::SQS::Queue', properties: { Retention: 1 } });
    expect(() => app.synth()).toThrow('Additional properties are not allowed');
  });
});
