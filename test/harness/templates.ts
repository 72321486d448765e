import { readFileSync } from 'node:fs';
import { App, type AppProps, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import { DataStack } from '../../lib/data-stack.ts';
import { ServiceStack } from '../../lib/service-stack.ts';
import { type Deployment, stageOf } from '../../lib/stages.ts';

export const STAGE_NAMES = ['local', 'dev', 'staging', 'production'] as const;
export type StageName = (typeof STAGE_NAMES)[number];

export const DEPLOYMENT: Deployment = {
  account: '123456789012',
  region: 'eu-central-1',
  bank: { url: 'https://bank.example.com', secretName: 'bank/token' },
  operator: { url: 'https://operator.example.com', secretName: 'operator/token' },
  ratesUrl: 'https://rates.example.com/usd',
  corsOrigins: ['https://console.example.com'],
};

/** The settings that each stage is deployed with. A developer's stage needs an account only. */
const DEPLOYMENTS: Record<StageName, Deployment> = {
  local: {},
  dev: { account: DEPLOYMENT.account, region: DEPLOYMENT.region },
  staging: DEPLOYMENT,
  production: DEPLOYMENT,
};

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
  DependsOn: z.array(z.string()).default([]),
  Metadata: z.record(z.string(), z.unknown()).default({}),
});
const template = z.object({
  Resources: z.record(z.string(), resource),
  Outputs: z
    .record(
      z.string(),
      z.object({ Value: z.unknown(), Export: z.object({ Name: z.string() }).optional() }),
    )
    .default({}),
});

export type Resource = z.output<typeof resource>;
export type StackTemplate = z.output<typeof template>;
export type StageTemplates = { readonly data: StackTemplate; readonly service: StackTemplate };

// Validation against CloudFormation's schemas takes a second per stage. checks.test.ts enables it again.
process.env['CDK_VALIDATION'] = 'false';

/** Bundling takes seconds. bundles.test.ts does it. */
export const WITHOUT_BUNDLES: AppProps = { context: { 'aws:cdk:bundling-stacks': [] } };

/** The feature flags of the CDK. */
export const { context: CONTEXT } = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync('cdk.json', 'utf8')));

/** The app of one stage as bin/surety.ts creates it, with the feature flags of cdk.json. */
export const appOf = (name: StageName, props: AppProps = WITHOUT_BUNDLES) => {
  const app = new App({ ...props, context: { ...CONTEXT, ...props.context } });
  const stage = stageOf(name, DEPLOYMENTS[name]);
  const data = new DataStack(app, stage);
  return { app, stage, data, service: new ServiceStack(app, stage, data) };
};

export const templateOf = (stack: Stack): StackTemplate =>
  template.parse(Template.fromStack(stack).toJSON());

/** Synthesis takes one to two seconds, and its result never changes. */
const once = <Made>(make: (name: StageName) => Made) => {
  const made = new Map<StageName, Made>();
  return (name: StageName): Made => {
    const result = made.get(name) ?? make(name);
    made.set(name, result);
    return result;
  };
};

/** The two stacks of a stage, created once per test file. */
export const stacksOf = once((name) => appOf(name));

/** The templates of both stacks of a stage. */
export const templatesOf = once((name): StageTemplates => {
  const { data, service } = stacksOf(name);
  return { data: templateOf(data), service: templateOf(service) };
});

/** The value at a path inside a template. Undefined where the path does not exist. */
export const inside = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (outer, key) => z.record(z.string(), z.unknown()).catch({}).parse(outer)[key],
    value,
  );

/** Every resource of a type in both stacks, with its logical id. */
export const resourcesOf = (name: StageName, type: string): [string, Resource][] => {
  const { data, service } = templatesOf(name);
  return [data, service].flatMap(({ Resources }) =>
    Object.entries(Resources).filter(([, { Type }]) => Type === type),
  );
};

/** The only resource of a type whose logical id has this prefix. */
export const theResource = (name: StageName, type: string, idPrefix = ''): Resource => {
  const found = resourcesOf(name, type).filter(([id]) => id.startsWith(idPrefix));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(
      `${found.length} ${type} of ${name} have a logical id that starts with "${idPrefix}"`,
    );
  }
  return only[1];
};
