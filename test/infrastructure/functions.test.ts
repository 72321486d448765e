import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { SuretyFunction } from '../../lib/constructs/surety-function.ts';
import {
  appOf,
  inside,
  resourcesOf,
  STAGE_NAMES,
  type StageName,
  templatesOf,
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
  it('runs on Node 24 on arm64, is traced, and logs JSON', () => {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 512,
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO' },
    });
  });

  it('LE-5: writes to its own log group, which was there before it', () => {
    const groups = resourcesOf('production', 'AWS::Logs::LogGroup').filter(
      ([, { Properties }]) => Properties['LogGroupName'] === `/aws/lambda/${name}`,
    );
    expect(groups).toHaveLength(1);
    expect(properties).toMatchObject({ LoggingConfig: { LogGroup: { Ref: groups[0]?.[0] } } });
  });

  it('says who is hurt while it fails', () => {
    expect(properties['Description']).toMatch(/^[A-Z].{30,250}\.$/);
  });

  it('has an entry file of its name', () => {
    const entry = name.replace('surety-production-', '');
    expect(existsSync(`lambdas/functions/${entry}.ts`)).toBe(true);
    expect(variablesOf(properties)).toMatchObject({
      POWERTOOLS_SERVICE_NAME: entry,
      POWERTOOLS_LOG_LEVEL: 'INFO',
      NODE_OPTIONS: '--enable-source-maps',
    });
  });

  it('ends before the gateway gives up, unless no gateway waits for it', () => {
    expect(properties['Timeout']).toBeLessThanOrEqual(
      /-(settle|recover|execute-scheduled)$/.test(name) ? 30 : 20,
    );
  });
});

it.each(STAGE_NAMES)('no two functions of %s share a name or a role', (stage) => {
  for (const property of ['FunctionName', 'Role']) {
    const values = functionsOf(stage).map((properties) => JSON.stringify(properties[property]));
    expect(new Set(values).size).toBe(values.length);
  }
});

it('no function is made that the house did not make', () => {
  const { data, service } = appOf('production');
  const made = [data, service].flatMap((stack) =>
    stack.node.findAll().filter((construct) => construct instanceof SuretyFunction),
  );
  expect(made).toHaveLength(PRODUCTION.length);
});

it('OP-7: the service tells whoever runs it where everything is', () => {
  const names = Object.keys(templatesOf('local').service.Outputs);
  expect(names.filter((output) => !output.startsWith('Exports')).sort()).toEqual([
    'ApiId',
    'ApiUrl',
    'BankSecretName',
    'DueQueueUrl',
    'IdempotencyTableName',
    'LedgerTableName',
    'ScheduleGroupName',
    'SettleFunctionName',
    'SettlementDlqUrl',
    'SettlementQueueUrl',
    'SweepFunctionName',
    'UserPoolClientId',
    'UserPoolId',
  ]);
});

it('a function without a variable its code parses does not compile', () => {
  const { stage, service } = appOf('dev');
  const make = () =>
    new SuretyFunction(service, 'Incomplete', {
      stage,
      name: 'settle-twice',
      env: z.object({ SETTLEMENT_QUEUE_URL: z.url() }),
      // @ts-expect-error SETTLEMENT_QUEUE_URL is missing
      environment: {},
      impact: 'Nobody is hurt.',
    });
  expect(make).toThrow('lambdas/functions/settle-twice.ts');
});
