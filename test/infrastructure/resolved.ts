import { type StackTemplate, type StageName, templatesOf } from '../harness/templates.ts';

const ACCOUNT = '123456789012';
const REGION = 'eu-central-1';

const PSEUDO: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/surety/7c9e6679-7425-40de-944b-e07fc1f90ae7`,
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const physicalName = (stage: StageName, template: StackTemplate, id: string): string => {
  const named = template.Resources[id]?.Properties ?? {};
  const { RoleName, FunctionName, LogGroupName, QueueName, Name } = named;
  const name = RoleName ?? FunctionName ?? LogGroupName ?? QueueName ?? Name ?? id;
  return String(resolved(stage, template, name));
};

export const inRegion = (service: string, path: string) =>
  `arn:aws:${service}:${REGION}:${ACCOUNT}:${path}`;

const ARNS: Record<string, (name: string) => string> = {
  'AWS::DynamoDB::Table': (name) => inRegion('dynamodb', `table/${name}`),
  'AWS::SQS::Queue': (name) => inRegion('sqs', name),
  'AWS::Lambda::Function': (name) => inRegion('lambda', `function:${name}`),
  'AWS::Logs::LogGroup': (name) => inRegion('logs', `log-group:${name}:*`),
  'AWS::KMS::Key': (name) => inRegion('kms', `key/${name}`),
  'AWS::Cognito::UserPool': (name) => inRegion('cognito-idp', `userpool/${name}`),
  'AWS::Events::Rule': (name) => inRegion('events', `rule/${name}`),
  'AWS::Scheduler::ScheduleGroup': (name) => inRegion('scheduler', `schedule-group/${name}`),
  'AWS::IAM::Role': (name) => `arn:aws:iam::${ACCOUNT}:role/${name}`,
};

/** The ARN that a resource would have after deployment. */
export const arnOf = (stage: StageName, template: StackTemplate, id: string): string => {
  const type = template.Resources[id]?.Type ?? 'missing';
  const arn = ARNS[type];
  if (arn === undefined) throw new Error(`Unknown ARN format for ${id} (${type})`);
  return arn(physicalName(stage, template, id));
};

/** Resolves intrinsic functions as CloudFormation does, including imports from the other stack. */
export const resolved = (stage: StageName, template: StackTemplate, value: unknown): unknown => {
  const inner = (part: unknown): unknown => resolved(stage, template, part);
  if (Array.isArray(value)) return value.map(inner);
  if (!isRecord(value)) return value;
  const { Ref: ref, 'Fn::GetAtt': att, 'Fn::Join': join, 'Fn::ImportValue': imported } = value;
  if (typeof ref === 'string') {
    const name = PSEUDO[ref] ?? physicalName(stage, template, ref);
    const isQueue = template.Resources[ref]?.Type === 'AWS::SQS::Queue';
    return isQueue ? `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${name}` : name;
  }
  if (Array.isArray(att)) {
    const arn = arnOf(stage, template, String(att[0]));
    return att[1] === 'StreamArn' ? `${arn}/stream/2026-11-21T00:00:00.000` : arn;
  }
  if (Array.isArray(join)) {
    const [separator, parts] = join.map(inner);
    return Array.isArray(parts) ? parts.join(String(separator)) : inner(parts);
  }
  const { 'Fn::Select': select, 'Fn::Split': split } = value;
  if (Array.isArray(select)) {
    const [index, parts] = select.map(inner);
    return Array.isArray(parts) ? parts[Number(index)] : parts;
  }
  if (Array.isArray(split)) {
    const [separator, text] = split.map(inner);
    return String(text).split(String(separator));
  }
  if (imported !== undefined) {
    const { data } = templatesOf(stage);
    const source = Object.values(data.Outputs).find(({ Export }) => Export?.Name === imported);
    return resolved(stage, data, source?.Value);
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part)]));
};
