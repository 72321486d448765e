import { runSimulation } from '@cloud-copilot/iam-simulate';
import { z } from 'zod';
import { type StackTemplate, templatesOf, theResource } from '../harness/templates.ts';
import { arnOf, resolved } from './resolved.ts';

const STAGE = 'production';
const ACCOUNT = '123456789012';

const policyDocument = z.looseObject({ Statement: z.array(z.record(z.string(), z.unknown())) });
const attachedPolicy = z.object({
  Roles: z.array(z.object({ Ref: z.string() })),
  PolicyDocument: z.unknown(),
});
export type PolicyDocument = z.output<typeof policyDocument>;

/** A role of the production templates with all its policies. */
export type SimulatedRole = {
  /** The name of its function, or of the role if it has no function. */
  readonly name: string;
  readonly arn: string;
  readonly policies: readonly PolicyDocument[];
};

const attachedTo = (template: StackTemplate, roleId: string): PolicyDocument[] =>
  Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .map(({ Properties }) => attachedPolicy.parse(Properties))
    .filter(({ Roles }) => Roles.some(({ Ref }) => Ref === roleId))
    .map(({ PolicyDocument }) => policyDocument.parse(resolved(STAGE, template, PolicyDocument)));

const functionOf = (template: StackTemplate, roleArn: string): string | undefined =>
  Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties: { Role, FunctionName } }) => ({ Role, FunctionName }))
    .filter(({ Role }) => resolved(STAGE, template, Role) === roleArn)
    .map(({ FunctionName }) => String(FunctionName).replace(`surety-${STAGE}-`, ''))[0];

/** Every role of both production stacks. */
export const productionRoles = (): readonly SimulatedRole[] => {
  const { data, service } = templatesOf(STAGE);
  return [data, service].flatMap((template) =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
      .map(([id, { Properties }]) => {
        const arn = arnOf(template, id);
        const { RoleName } = Properties;
        const name = functionOf(template, arn) ?? String(RoleName ?? id);
        return { name, arn, policies: attachedTo(template, id) };
      }),
  );
};

/** The ARN of the only production resource of a type whose logical id starts with the prefix. */
export const productionArn = (type: string, idPrefix: string): string => {
  const { data, service } = templatesOf(STAGE);
  const arns = [data, service].flatMap((template) =>
    Object.keys(template.Resources)
      .filter((id) => id.startsWith(idPrefix) && template.Resources[id]?.Type === type)
      .map((id) => arnOf(template, id)),
  );
  const [arn] = arns;
  if (arn === undefined || arns.length > 1) throw new Error(`${arns.length} × ${type} ${idPrefix}`);
  return arn;
};

/** The resource policy of a production queue. */
export const queuePolicyOf = (idPrefix: string): PolicyDocument => {
  const { PolicyDocument } = theResource(STAGE, 'AWS::SQS::QueuePolicy', idPrefix).Properties;
  return policyDocument.parse(resolved(STAGE, templatesOf(STAGE).service, PolicyDocument));
};

/** The policy of the tables' key. KMS evaluates role policies only if the key policy allows it. */
export const keyPolicy = (): PolicyDocument => {
  const { KeyPolicy } = theResource(STAGE, 'AWS::KMS::Key').Properties;
  return policyDocument.parse(resolved(STAGE, templatesOf(STAGE).data, KeyPolicy));
};

/** A role that is allowed everything except what a policy denies explicitly. */
export const ADMINISTRATOR: Pick<SimulatedRole, 'arn' | 'policies'> = {
  arn: `arn:aws:iam::${ACCOUNT}:role/administrator`,
  policies: [
    { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  ],
};

export type Attempt = {
  readonly role: Pick<SimulatedRole, 'arn' | 'policies'>;
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string | string[]>;
  readonly resourcePolicy?: PolicyDocument;
};

/** The decision of IAM: Allowed, ImplicitlyDenied or ExplicitlyDenied. */
export const simulate = async (attempt: Attempt): Promise<string> => {
  const outcome = await runSimulation(
    {
      request: {
        principal: attempt.role.arn,
        action: attempt.action,
        resource: { resource: attempt.resource, accountId: ACCOUNT },
        contextVariables: {
          'aws:PrincipalArn': attempt.role.arn,
          'aws:SecureTransport': 'true',
          ...attempt.context,
        },
      },
      identityPolicies: attempt.role.policies.map((policy, index) => ({
        name: `p${index}`,
        policy,
      })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(attempt.resourcePolicy === undefined ? {} : { resourcePolicy: attempt.resourcePolicy }),
    },
    {},
  );
  if (outcome.resultType === 'error') throw new Error(JSON.stringify(outcome.errors));
  return outcome.overallResult;
};

/** The names of the roles that IAM allows the attempt. */
export const allowedRoles = async (attempt: Omit<Attempt, 'role'>): Promise<string[]> => {
  const decisions = await Promise.all(
    productionRoles().map(async ({ name, ...role }) => ({
      name,
      decision: await simulate({ role, ...attempt }),
    })),
  );
  return decisions
    .filter(({ decision }) => decision === 'Allowed')
    .map(({ name }) => name)
    .sort();
};

export const sorted = (names: readonly string[]): string[] => [...names].sort();
