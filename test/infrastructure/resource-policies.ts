import { basename } from 'node:path';
import { z } from 'zod';
import { type StackTemplate, type StageName, templatesOf } from '../harness/templates.ts';
import { arnOf, inRegion, resolved } from './resolved.ts';

export const policyDocument = z.looseObject({
  Statement: z.array(z.record(z.string(), z.unknown())),
});
export type PolicyDocument = z.output<typeof policyDocument>;

type Statement = PolicyDocument['Statement'][number];
type Policies = readonly { readonly arn: string; readonly statements: readonly Statement[] }[];
type Reader = (properties: Record<string, unknown>, ownArn: () => string) => Policies;

/** Strict: a setting of a permission that is not simulated fails the tests. */
const permission = z.strictObject({
  Action: z.string(),
  FunctionName: z.string(),
  Principal: z.string().endsWith('.amazonaws.com'),
  SourceArn: z.string().optional(),
  SourceAccount: z.string().optional(),
});

/** The statement that Lambda adds to the policy of a function for a permission. */
const statementOf = (granted: z.output<typeof permission>): Statement => ({
  Effect: 'Allow',
  Principal: { Service: granted.Principal },
  Action: granted.Action,
  Resource: granted.FunctionName,
  Condition: {
    ...(granted.SourceArn && { ArnLike: { 'aws:SourceArn': granted.SourceArn } }),
    ...(granted.SourceAccount && { StringEquals: { 'aws:SourceAccount': granted.SourceAccount } }),
  },
});

const queueUrls = z.array(z.url());

const statementsIn = (document: unknown): readonly Statement[] =>
  policyDocument.parse(document).Statement;

/** Where each type of resource has its policy. */
const READERS: Record<string, Reader> = {
  'AWS::IAM::Role': ({ AssumeRolePolicyDocument }, ownArn) => [
    { arn: ownArn(), statements: statementsIn(AssumeRolePolicyDocument) },
  ],
  'AWS::KMS::Key': ({ KeyPolicy }, ownArn) => [
    { arn: ownArn(), statements: statementsIn(KeyPolicy) },
  ],
  'AWS::Lambda::Permission': (properties) => {
    const granted = permission.parse(properties);
    return [{ arn: granted.FunctionName, statements: [statementOf(granted)] }];
  },
  'AWS::SQS::QueuePolicy': ({ PolicyDocument, Queues }) =>
    queueUrls.parse(Queues).map((url) => ({
      arn: inRegion('sqs', basename(url)),
      statements: statementsIn(PolicyDocument),
    })),
};

export const SIMULATED_TYPES: readonly string[] = Object.keys(READERS);

const policiesIn = (stage: StageName, template: StackTemplate): Policies =>
  Object.entries(template.Resources).flatMap(([id, { Type, Properties }]) => {
    const read = READERS[Type];
    if (read === undefined) return [];
    const properties = z
      .record(z.string(), z.unknown())
      .parse(resolved(stage, template, Properties));
    return read(properties, () => arnOf(stage, template, id));
  });

/** The policy of each resource that has one, by the ARN of the resource. */
export const resourcePoliciesOf = (stage: StageName): ReadonlyMap<string, PolicyDocument> => {
  const { data, service } = templatesOf(stage);
  const policies = new Map<string, PolicyDocument>();
  for (const { arn, statements } of [data, service].flatMap((each) => policiesIn(stage, each))) {
    const Statement = [...(policies.get(arn)?.Statement ?? []), ...statements];
    policies.set(arn, { Version: '2012-10-17', Statement });
  }
  return policies;
};
