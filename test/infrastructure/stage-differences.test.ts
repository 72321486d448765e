import { describe, expect, it } from '@jest/globals';
import { CliCredentialsStackSynthesizer, DefaultStackSynthesizer } from 'aws-cdk-lib';
import { z } from 'zod';
import {
  inside,
  resourcesOf,
  STAGE_NAMES,
  type StageName,
  stacksOf,
  theResource,
} from '../harness/templates.ts';

const ON_AWS = STAGE_NAMES.filter((name) => name !== 'local');
const TABLES = ['Ledger', 'Idempotency'];

const table = (stage: StageName, id: string) => theResource(stage, 'AWS::DynamoDB::Table', id);
const tlsOnlyQueues = (stage: StageName) =>
  resourcesOf(stage, 'AWS::SQS::QueuePolicy').filter(([, policy]) =>
    JSON.stringify(policy).includes('aws:SecureTransport'),
  );
const source = (stage: StageName, idPrefix: string) =>
  theResource(stage, 'AWS::Lambda::EventSourceMapping', idPrefix).Properties;
const settle = (stage: StageName) =>
  theResource(stage, 'AWS::Lambda::Function', 'Settle').Properties;
const cors = (stage: StageName) =>
  z
    .record(z.string(), z.unknown())
    .parse(theResource(stage, 'AWS::ApiGatewayV2::Api').Properties['CorsConfiguration']);

describe('differences between the local cloud and AWS', () => {
  it('queues deny plain http on AWS; the local cloud serves only http', () => {
    expect(tlsOnlyQueues('local')).toHaveLength(0);
    for (const stage of ON_AWS) {
      expect(tlsOnlyQueues(stage)).toHaveLength(resourcesOf(stage, 'AWS::SQS::Queue').length);
    }
  });

  it('schedules have their own group on AWS; the IAM of the local cloud supports only the default group', () => {
    expect(resourcesOf('local', 'AWS::Scheduler::ScheduleGroup')).toEqual([]);
    for (const stage of ON_AWS) {
      expect(resourcesOf(stage, 'AWS::Scheduler::ScheduleGroup')).toMatchObject([
        [expect.any(String), { Properties: { Name: `surety-${stage}-withdrawals` } }],
      ]);
    }
  });

  it('deployments use bootstrapped roles on AWS, and the credentials of the command line locally', () => {
    expect(stacksOf('local').service.synthesizer).toBeInstanceOf(CliCredentialsStackSynthesizer);
    for (const stage of ON_AWS) {
      const { data, service } = stacksOf(stage);
      expect(data.synthesizer).toBeInstanceOf(DefaultStackSynthesizer);
      expect(service.synthesizer).toBeInstanceOf(DefaultStackSynthesizer);
    }
  });

  it('CORS settings have only the names of AWS on AWS, and also those of the local cloud locally', () => {
    expect(cors('local')).toMatchObject({ AllowOrigins: ['*'], allowOrigins: ['*'], maxAge: 3600 });
    for (const stage of ON_AWS) {
      expect(Object.keys(cors(stage)).filter((name) => /^[a-z]/.test(name))).toEqual([]);
      expect(cors(stage)).toMatchObject({ AllowOrigins: expect.any(Array) });
    }
  });

  it('functions are traced on AWS; the local cloud has no X-Ray', () => {
    const modes = (stage: StageName) => [
      ...new Set(
        resourcesOf(stage, 'AWS::Lambda::Function').map(([, { Properties }]) =>
          inside(Properties, 'TracingConfig', 'Mode'),
        ),
      ),
    ];
    expect(modes('local')).toEqual([undefined]);
    for (const stage of ON_AWS) expect(modes(stage)).toEqual(['Active']);
  });

  it('relay retries batches for 12 hours on AWS, and single records for one minute locally', () => {
    expect(source('local', 'Relay')).toMatchObject({
      BatchSize: 1,
      MaximumRecordAgeInSeconds: 60,
      ParallelizationFactor: 1,
    });
    for (const stage of ON_AWS) {
      expect(source(stage, 'Relay')).toMatchObject({
        BatchSize: 100,
        MaximumRecordAgeInSeconds: 43_200,
        ParallelizationFactor: 4,
      });
    }
  });

  it('WA-7: exchange rates are read over https on AWS, and from a file locally', () => {
    const source = (stage: StageName) =>
      inside(
        theResource(stage, 'AWS::Lambda::Function', 'GroupsWithdrawals').Properties,
        'Environment',
        'Variables',
        'RATES_URL',
      );
    expect(source('local')).toMatch(/^file:\/\/.*\/local\/rates\.json$/);
    expect(source('dev')).toBe('https://rates.invalid');
    for (const stage of ['staging', 'production'] as const)
      expect(source(stage)).toBe('https://rates.example.com/usd');
  });

  it('WD-5: settle has the timers of a real bank on AWS, and of a simulator locally', () => {
    const timers = (stage: StageName) => {
      const { Timeout } = settle(stage);
      return { Timeout, variables: inside(settle(stage), 'Environment', 'Variables') };
    };
    expect(timers('local')).toMatchObject({
      Timeout: 10,
      variables: {
        PROVIDER_CALL_MS: '2000',
        CLAIM_MS: '5000',
        LEASE_MS: '15000',
        VISIBILITY_MS: '20000',
        QUIET_MS: '5000',
      },
    });
    for (const stage of ON_AWS) {
      expect(timers(stage)).toMatchObject({
        Timeout: 30,
        variables: {
          PROVIDER_CALL_MS: '8000',
          CLAIM_MS: '20000',
          LEASE_MS: '90000',
          VISIBILITY_MS: '180000',
          QUIET_MS: '600000',
        },
      });
    }
  });
});

describe('production', () => {
  it.each(TABLES)(
    'protects %s from deletion, and encrypts it with a customer managed key',
    (id) => {
      for (const stage of ['staging', 'production'] as const) {
        const { DeletionPolicy, Properties } = table(stage, id);
        expect(DeletionPolicy).toBe('Retain');
        expect(Properties).toMatchObject({
          DeletionProtectionEnabled: true,
          SSESpecification: {
            SSEEnabled: true,
            SSEType: 'KMS',
            KMSMasterKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
          },
        });
      }
      for (const stage of ['local', 'dev'] as const) {
        const { DeletionPolicy, Properties } = table(stage, id);
        expect(DeletionPolicy).toBe('Delete');
        expect(Properties).toMatchObject({
          DeletionProtectionEnabled: false,
          SSESpecification: { SSEEnabled: false },
        });
      }
    },
  );

  it('protects its users and its stacks from deletion', () => {
    const pools = resourcesOf('production', 'AWS::Cognito::UserPool');
    expect(pools).toHaveLength(2);
    for (const [, { DeletionPolicy, Properties }] of pools) {
      expect(DeletionPolicy).toBe('Retain');
      expect(Properties).toMatchObject({ DeletionProtection: 'ACTIVE' });
    }
    const { data, service } = stacksOf('production');
    expect([data, service].map(({ terminationProtection }) => terminationProtection)).toEqual([
      true,
      true,
    ]);
  });

  it.each(['bank', 'operator'])(
    'uses the secret issued by the %s; local and dev generate one',
    (name) => {
      for (const stage of ['staging', 'production'] as const) {
        expect(resourcesOf(stage, 'AWS::SecretsManager::Secret')).toEqual([]);
      }
      for (const stage of ['local', 'dev'] as const) {
        const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}Secret`;
        const secret = theResource(stage, 'AWS::SecretsManager::Secret', id).Properties;
        expect(secret).toMatchObject({ Name: `surety-${stage}/${name}` });
        // Without these options the local cloud creates an empty secret.
        expect(secret).toHaveProperty('GenerateSecretString.PasswordLength');
        // The local cloud ignores ExcludePunctuation, and settle accepts no token with these.
        expect(secret).toHaveProperty('GenerateSecretString.ExcludeCharacters', '"{}');
        const variable = `${name.toUpperCase()}_SECRET_NAME`;
        const secretName = inside(settle(stage), 'Environment', 'Variables', variable);
        expect(secretName).toBe(`surety-${stage}/${name}`);
      }
    },
  );

  it('retains logs for one year; local and dev for one week', () => {
    const retention = (stage: StageName) => [
      ...new Set(
        resourcesOf(stage, 'AWS::Logs::LogGroup').map(
          ([, { Properties }]) => Properties['RetentionInDays'],
        ),
      ),
    ];
    expect(retention('production')).toEqual([365]);
    expect(retention('staging')).toEqual([90]);
    expect(retention('dev')).toEqual([7]);
    expect(retention('local')).toEqual([7]);
  });

  it('WD-8: limits the calls that reach the bank at the same time, by stage', () => {
    const calls = (stage: StageName) => {
      const { BatchSize, ScalingConfig } = source(stage, 'Settle');
      return Number(BatchSize) * Number(inside(ScalingConfig, 'MaximumConcurrency'));
    };
    expect(STAGE_NAMES.map(calls)).toEqual([40, 10, 10, 50]);
    expect(STAGE_NAMES.map(calls)).toEqual(
      STAGE_NAMES.map((stage) => stacksOf(stage).stage.settlement.parallelProviderCalls),
    );
  });

  it('WD-8: limits the executions of execute-scheduled by stage', () => {
    const concurrency = (stage: StageName) =>
      inside(source(stage, 'SchedulesExecuteScheduled'), 'ScalingConfig', 'MaximumConcurrency');
    expect(STAGE_NAMES.map(concurrency)).toEqual([4, 10, 10, 50]);
  });
});
