import { anonymousPrincipal, runSimulation } from '@cloud-copilot/iam-simulate';
import { z } from 'zod';
import { type StackTemplate, templatesOf } from '../harness/templates.ts';
import { arnOf, resolved } from './resolved.ts';
import { type PolicyDocument, policyDocument, resourcePoliciesOf } from './resource-policies.ts';

const STAGE = 'production';
const ACCOUNT = '123456789012';
const RESOURCE_POLICIES = resourcePoliciesOf(STAGE);

const attachedPolicy = z.object({
  Roles: z.array(z.object({ Ref: z.string() })),
  PolicyDocument: z.unknown(),
});

/** Who makes a request: a role, an AWS service, or nobody who signed it. */
export type Caller = {
  readonly arn: string;
  readonly policies: readonly PolicyDocument[];
};

/** A role of the production templates with all its policies. */
export type SimulatedRole = Caller & {
  /** The name of its function, or of the role if it has no function. */
  readonly name: string;
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
        const arn = arnOf(STAGE, template, id);
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
      .map((id) => arnOf(STAGE, template, id)),
  );
  const [arn] = arns;
  if (arn === undefined || arns.length > 1) throw new Error(`${arns.length} × ${type} ${idPrefix}`);
  return arn;
};

const EVERYTHING: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};
const administratorOf = (account: string): Caller => ({
  arn: `arn:aws:iam::${account}:role/administrator`,
  policies: [EVERYTHING],
});

/** A role that is allowed everything except what a policy denies explicitly. */
export const ADMINISTRATOR = administratorOf(ACCOUNT);
/** Can be allowed by a resource policy only. */
export const OTHER_ACCOUNT = administratorOf('210987654321');
/** A request without a signature. */
export const ANONYMOUS: Caller = { arn: 'anonymous', policies: [] };
/** An AWS service. It has no policies of its own: the resource must allow it. */
export const service = (name: string): Caller => ({ arn: `${name}.amazonaws.com`, policies: [] });

export type Attempt = {
  readonly caller: Caller;
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string | string[]>;
};

/** The decision of IAM, by the policies of the caller and of the resource. */
export const simulate = async ({ caller, action, resource, context }: Attempt): Promise<string> => {
  const isArn = caller.arn.startsWith('arn:');
  const resourcePolicy = RESOURCE_POLICIES.get(resource);
  const outcome = await runSimulation(
    {
      request: {
        principal: caller === ANONYMOUS ? anonymousPrincipal : caller.arn,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: {
          ...(isArn && { 'aws:PrincipalArn': caller.arn }),
          'aws:SecureTransport': 'true',
          ...context,
        },
      },
      identityPolicies: caller.policies.map((policy, index) => ({ name: `p${index}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy && { resourcePolicy }),
    },
    {},
  );
  if (outcome.resultType === 'error') throw new Error(JSON.stringify(outcome.errors));
  return outcome.overallResult;
};

export const isAllowed = async (attempt: Attempt): Promise<boolean> =>
  (await simulate(attempt)) === 'Allowed';

/** The names of the roles that IAM allows the attempt. */
export const allowedRoles = async (attempt: Omit<Attempt, 'caller'>): Promise<string[]> => {
  const roles = await Promise.all(
    productionRoles().map(async (caller) => ({
      name: caller.name,
      allowed: await isAllowed({ caller, ...attempt }),
    })),
  );
  return sorted(roles.filter(({ allowed }) => allowed).map(({ name }) => name));
};

export const sorted = (names: readonly string[]): string[] => [...names].sort();
