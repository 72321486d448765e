import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { GROUPS, OPERATIONS } from '../../lambdas/operations/index.ts';
import { SuretyFunction } from '../../lib/constructs/surety-function.ts';
import {
  appOf,
  inside,
  resourcesOf,
  STAGE_NAMES,
  type StageName,
  templatesOf,
  theResource,
} from '../harness/templates.ts';

const functionsOf = (stage: StageName) =>
  resourcesOf(stage, 'AWS::Lambda::Function').map(([, { Properties }]) => Properties);
const variablesOf = (properties: Record<string, unknown>) =>
  inside(properties, 'Environment', 'Variables');
const PRODUCTION = functionsOf('production');
const named = PRODUCTION.map((properties): [string, Record<string, unknown>] => [
  String(properties['FunctionName']),
  properties,
]);

describe.each(named)('%s', (name, properties) => {
  it('runs Node 24 on arm64 with tracing and JSON logs', () => {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 512,
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO' },
    });
  });

  it('LE-5: writes to its own log group, which the stack creates', () => {
    const group = String(inside(properties, 'LoggingConfig', 'LogGroup', 'Ref'));
    const { Properties } = theResource('production', 'AWS::Logs::LogGroup', group);
    expect(Properties['LogGroupName']).toMatchObject({
      'Fn::Join': ['', [`/aws/lambda/${name}-`, expect.anything()]],
    });
  });

  it('describes the impact of its failure', () => {
    expect(properties['Description']).toMatch(/^[A-Z].{30,250}\.$/);
  });

  it('has an entry file with its name', () => {
    const entry = name.replace('surety-production-', '');
    expect(existsSync(`lambdas/functions/${entry}.ts`)).toBe(true);
    expect(variablesOf(properties)).toMatchObject({
      POWERTOOLS_SERVICE_NAME: entry,
      POWERTOOLS_LOG_LEVEL: 'INFO',
      NODE_OPTIONS: '--enable-source-maps',
    });
  });

  it('times out before API Gateway does, unless the gateway does not call it', () => {
    expect(properties['Timeout']).toBeLessThanOrEqual(
      /-(settle|recover|rebalance|execute-scheduled)$/.test(name) ? 30 : 20,
    );
  });
});

it.each(STAGE_NAMES)('each function of %s has its own name and role', (stage) => {
  for (const property of ['FunctionName', 'Role']) {
    const values = functionsOf(stage).map((properties) => JSON.stringify(properties[property]));
    expect(new Set(values).size).toBe(values.length);
  }
});

it('every function in the stacks is a SuretyFunction', () => {
  const { data, service } = appOf('production');
  const made = [data, service].flatMap((stack) =>
    stack.node.findAll().filter((construct) => construct instanceof SuretyFunction),
  );
  expect(made).toHaveLength(PRODUCTION.length);
});

describe('the environment of the API functions', () => {
  const variablesNamed = (name: string) =>
    named.filter(([full]) => full === `surety-production-${name}`).map(([, p]) => variablesOf(p));
  const operations = OPERATIONS;

  it.each(GROUPS.map(({ name }) => name))('gives %s the operations with lookup by key', (name) => {
    const byKey = (wanted: string): string =>
      operations
        .filter((operation) => operation.byKey && operation.access === wanted)
        .map((operation) => operation.name)
        .join(',');
    expect(byKey('merchant')).toContain('withdrawal');
    expect(byKey('admin')).toContain('deposit');
    expect(variablesNamed(name)).toMatchObject([
      {
        MERCHANT_OPERATIONS: byKey('merchant'),
        ADMIN_OPERATIONS: byKey('admin'),
        DEFAULT_CURRENCY: 'USD',
        DEFAULT_TIME_ZONE: 'UTC',
      },
    ]);
  });

  it('AP-3: gives not-found every route, to respond 405 for a known path', () => {
    expect(variablesNamed('not-found')).toMatchObject([
      { ROUTES: operations.map(({ route }) => route).join(',') },
    ]);
  });
});

it('OP-7: the service stack outputs the names and URLs that operators need', () => {
  const names = Object.keys(templatesOf('local').service.Outputs);
  expect(names.filter((output) => !output.startsWith('Exports')).sort()).toEqual([
    'AdminPoolClientId',
    'AdminPoolId',
    'ApiId',
    'ApiUrl',
    'BankSecretName',
    'BusyDlqUrl',
    'BusyQueueUrl',
    'IdempotencyTableName',
    'LedgerTableName',
    'MerchantPoolClientId',
    'MerchantPoolId',
    'OperatorSecretName',
    'PayoutDlqUrl',
    'PayoutQueueUrl',
    'PoolQueueUrl',
    'RecoverFunctionName',
    'ScheduleGroupName',
    'ScheduleQueueUrl',
    'SettleFunctionName',
  ]);
});

it('a function without a variable that its code reads does not compile', () => {
  const { stage, service } = appOf('dev');
  const make = () =>
    new SuretyFunction(service, 'Incomplete', {
      stage,
      name: 'settle-twice',
      env: z.object({ PAYOUT_QUEUE_URL: z.url() }),
      // @ts-expect-error PAYOUT_QUEUE_URL is missing
      environment: {},
      impact: 'None.',
    });
  expect(make).toThrow('lambdas/functions/settle-twice.ts');
});
