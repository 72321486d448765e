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

describe('the production stacks', () => {
  // As in `cdk synth`: test/harness/templates.ts disables validation.
  beforeAll(() => {
    delete process.env['CDK_VALIDATION'];
  });

  it('have no cdk-nag finding without an acknowledged reason', () => {
    expect(findings(appOf('production'))).toEqual([]);
  });

  it('would report a queue that accepts plain http', () => {
    const app = appOf('production');
    new Queue(app.service, 'Unsafe');
    expect(findings(app).map(({ ruleName }) => ruleName)).toContain('AwsSolutions-SQS4');
  });

  it('OP-7: match the CloudFormation resource schemas', () => {
    expect(() => appOf('production').app.synth()).not.toThrow();
  });

  it('OP-7: would be rejected with a property that does not exist', () => {
    const { app, service } = appOf('production');
    new CfnResource(service, 'Typo', { type: 'AWS::SQS::Queue', properties: { Retention: 1 } });
    expect(() => app.synth()).toThrow('Additional properties are not allowed');
  });
});
