import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { settleScaling } from '../../lib/constructs/settle-worker.ts';
import { checkedStage, type Deployment, StageRefused, stageOf } from '../../lib/stages.ts';
import { CONTEXT, DEPLOYMENT, STAGE_NAMES, WITHOUT_BUNDLES } from '../harness/templates.ts';

const PRODUCTION = stageOf('production', DEPLOYMENT);
const { timers } = PRODUCTION.settlement;

/** The message that the deployer sees, or 'accepted'. */
const refusal = (synthesize: () => unknown): string => {
  try {
    synthesize();
  } catch (error) {
    if (error instanceof StageRefused) return error.message;
    throw error;
  }
  return 'accepted';
};

const withTimers = (changed: Partial<typeof timers>) => ({
  settlement: { ...PRODUCTION.settlement, timers: { ...timers, ...changed } },
});

const withRates = (ratesUrl: string | undefined) => ({
  conversions: { ...PRODUCTION.conversions, ratesUrl },
});

describe('OP-6: production refuses', () => {
  it.each([
    ['protected from deletion', { deletionProtection: false }],
    ['encrypted with a customer managed KMS key', { customerKey: false }],
    ['instead of allowing every site (*)', { corsOrigins: ['*'] }],
    ['CORS origins must be https', { corsOrigins: ['http://console.example.com'] }],
    ['read over https', withRates('http://rates.example.com')],
    ['read over https', withRates('file:///rates.json')],
    ['set SURETY_RATES_URL', withRates(undefined)],
    ['set SURETY_RATES_URL', withRates('ftp://rates.example.com')],
    ...(['bank', 'operator'] as const).flatMap((name): [string, object][] => {
      const changed = (change: object) => ({ [name]: { ...PRODUCTION[name], ...change } });
      return [
        [`the ${name} must use https`, changed({ url: 'http://provider.example.com' })],
        [`issued by the ${name}`, changed({ createSecret: true })],
        [`set SURETY_${name.toUpperCase()}_URL`, changed({ url: undefined })],
        [`set SURETY_${name.toUpperCase()}_SECRET`, changed({ secretName: undefined })],
      ];
    }),
    ['debug logs', { logLevel: 'DEBUG' }],
    ['tracing must be enabled', { tracing: false }],
    ['need a second administrator', { secondAdminAbove: {} }],
    ['need a second administrator', { secondAdminAbove: { USD: '100000' } }],
    ['whole number', { secondAdminAbove: { '*': '1000.50' } }],
    ['secondAdminAbove.UDS', { secondAdminAbove: { '*': '1000', UDS: '1000' } }],
    ['must be bounded, in every currency', { mostPerAdminRequest: {} }],
    ['must be bounded, in every currency', { mostPerAdminRequest: { USD: '1000' } }],
    ['at most 18 digits', { mostPerAdminRequest: { '*': '10000000000' } }],
    ['exists only on the local cloud', { account: '000000000000' }],
    ['reserved concurrency', { reservedConcurrency: false }],
    ['refuse plain http', { enforceTls: false }],
    ['their own group', { ownScheduleGroup: false }],
    ['not the credentials of the command line', { cliCredentials: true }],
    ['works around the local cloud', { corsOverride: true }],
    ['must suit a real bank', withTimers({ providerCallMs: 2_000 })],
    ['must suit a real bank', withTimers({ quietMs: 20_000 })],
    ['five minutes before it sends again', withTimers({ checkMarginMs: 60_000 })],
    ['read batches', { stream: { ...PRODUCTION.stream, batchSize: 1 } }],
    ['read batches', { stream: { ...PRODUCTION.stream, maxRecordAgeSeconds: 60 } }],
  ])('a stage with the reason "%s"', (reason, changed) => {
    const message = refusal(() => checkedStage({ ...PRODUCTION, ...changed }));
    expect(message).toContain('Stage production refused: ');
    expect(message).toContain(reason);
    expect(message).not.toContain('\n');
  });

  it('every setting of the local stage that differs from its own', () => {
    const local = Object.entries(stageOf('local', {}));
    const own = Object.entries(PRODUCTION);
    const accepted = local
      .filter(([setting, value]) => !own.some(([o, v]) => o === setting && same(v, value)))
      .filter(
        ([s, value]) => refusal(() => checkedStage({ ...PRODUCTION, [s]: value })) === 'accepted',
      )
      .map(([setting]) => setting);
    // Settings that differ between all stages.
    expect(accepted.sort()).toEqual([
      'logRetention',
      'mostPerAdminRequest',
      'name',
      'region',
      'secondAdminAbove',
      'throttle',
    ]);
  });

  it('a stage with all reasons in one message', () => {
    const message = refusal(() =>
      checkedStage({ ...PRODUCTION, deletionProtection: false, logLevel: 'DEBUG' }),
    );
    expect(message.split('; ')).toHaveLength(2);
  });

  it('none of its own settings', () => {
    expect(refusal(() => stageOf('production', DEPLOYMENT))).toBe('accepted');
  });
});

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

describe('OP-6: a deployment', () => {
  it.each(['staging', 'production'])('of %s must set its providers, account and region', (name) => {
    const message = refusal(() => stageOf(name, {}));
    for (const wanted of [
      'SURETY_BANK_URL',
      'SURETY_BANK_SECRET',
      'SURETY_RATES_URL',
      'SURETY_OPERATOR_URL',
      'SURETY_OPERATOR_SECRET',
      'SURETY_ACCOUNT',
      'SURETY_REGION',
    ]) {
      expect(message).toContain(wanted);
    }
  });

  const { account, region } = DEPLOYMENT;
  const withCredentials = (name: string, credentials: Deployment['credentials']) =>
    refusal(() => stageOf(name, { ...DEPLOYMENT, ...(credentials && { credentials }) }));

  it.each([
    ['account', { account: '210987654321', region }],
    ['region', { account, region: 'us-east-1' }],
  ])('with credentials for another %s is refused in one line', (_, credentials) => {
    for (const name of ['dev', 'staging', 'production']) {
      const message = withCredentials(name, credentials);
      expect(message).toContain(
        `belongs to ${account} in ${region}, but the AWS credentials are for ` +
          `${credentials.account} in ${credentials.region}`,
      );
      expect(message).not.toContain('\n');
    }
  });

  it.each([
    ['for its account and region', { account, region }],
    ['that are missing, where the CDK CLI guesses a region', { region: 'us-east-1' }],
    ['that the CDK CLI does not name', undefined],
  ])('accepts credentials %s', (_, credentials) => {
    expect(withCredentials('production', credentials)).toBe('accepted');
  });

  it('of the local stage accepts the credentials of any account', () => {
    const credentials = { account: '210987654321', region: 'eu-west-1' };
    expect(withCredentials('local', credentials)).toBe('accepted');
  });

  it.each([
    ['account', { account: '1234' }, 'an AWS account has 12 digits'],
    ['region', { region: 'Frankfurt' }, 'an AWS region is a name like eu-central-1'],
  ])('must name its AWS %s as AWS writes it', (_, changed, reason) => {
    expect(refusal(() => stageOf('production', { ...DEPLOYMENT, ...changed }))).toContain(reason);
  });

  it('of the local stage needs no settings', () => {
    expect(stageOf('local', {})).toMatchObject({
      account: '000000000000',
      region: 'us-east-1',
      bank: { url: 'http://127.0.0.1:8010', secretName: 'surety-local/bank', createSecret: true },
      operator: {
        url: 'http://127.0.0.1:8010/operator',
        secretName: 'surety-local/operator',
        createSecret: true,
      },
    });
  });

  it('of the local stage ignores the AWS account of the environment', () => {
    expect(stageOf('local', DEPLOYMENT)).toMatchObject({
      account: '000000000000',
      region: 'us-east-1',
    });
  });

  it.each(['https://console.example.com/', 'https://console.example.com/app', 'console', ''])(
    'cannot allow the CORS origin "%s", which no browser sends',
    (origin) => {
      const message = refusal(() => stageOf('dev', { ...DEPLOYMENT, corsOrigins: [origin] }));
      expect(message).toContain('a CORS origin is a scheme and a host');
    },
  );

  it('of an unknown stage gets the list of stages', () => {
    expect(refusal(() => stageOf('prod', DEPLOYMENT))).toBe(
      'No stage "prod": use local, dev, staging, production.',
    );
    expect(refusal(() => stageOf('toString', DEPLOYMENT))).toContain('No stage');
  });

  const bin = (stage: string, env: NodeJS.ProcessEnv = {}) =>
    execFileSync(process.execPath, ['bin/surety.ts'], {
      env: {
        CDK_CONTEXT_JSON: JSON.stringify({ ...CONTEXT, ...WITHOUT_BUNDLES.context, stage }),
        CDK_VALIDATION: 'false',
        ...env,
      },
      stdio: 'pipe',
      encoding: 'utf8',
    });
  const refusedWith = (line: string) =>
    expect.objectContaining({ status: 1, stdout: '', stderr: expect.stringMatching(line) });

  it.each(['prod', 'production'])('of %s prints one line and no stack trace', (stage) => {
    expect(() => bin(stage)).toThrow(refusedWith('^.+\n$'));
  });

  it('is synthesized for its own account and region, not for those of the credentials', () => {
    const production = {
      SURETY_ACCOUNT: '123456789012',
      SURETY_REGION: 'eu-central-1',
      SURETY_BANK_URL: 'https://bank.example.com',
      SURETY_BANK_SECRET: 'bank/token',
      SURETY_RATES_URL: 'https://rates.example.com',
      SURETY_OPERATOR_URL: 'https://operator.example.com',
      SURETY_OPERATOR_SECRET: 'operator/token',
    };
    const elsewhere = { CDK_DEFAULT_ACCOUNT: '123456789012', CDK_DEFAULT_REGION: 'us-east-1' };
    expect(() => bin('production', { ...production, ...elsewhere })).toThrow(
      refusedWith('^Stage production refused: .*123456789012 in us-east-1.*\n$'),
    );
    // Without credentials the CDK CLI sets a region only.
    const folder = mkdtempSync(join(tmpdir(), 'surety-stages-'));
    try {
      bin('production', { ...production, CDK_DEFAULT_REGION: 'us-east-1', CDK_OUTDIR: folder });
      expect(readFileSync(join(folder, 'manifest.json'), 'utf8')).toContain(
        'aws://123456789012/eu-central-1',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

it.each([
  { rate: 5_000, burst: 1 },
  { rate: 1, burst: 5_000 },
])('WD-8: an open route cannot take the whole throttle of the gateway (%j)', (openRoute) => {
  const throttle = { rate: 5_000, burst: 5_000, openRoute };
  expect(refusal(() => checkedStage({ ...PRODUCTION, throttle }))).toContain('an open route');
});

describe('settlement timers', () => {
  it.each(STAGE_NAMES)('WD-7: nest in %s: call, claim, function, lease, visibility', (name) => {
    const { settlement } = stageOf(name, DEPLOYMENT);
    const { providerCallMs, claimMs, functionSeconds, leaseMs, visibilitySeconds, quietMs } =
      settlement.timers;
    const order = [
      providerCallMs,
      claimMs,
      functionSeconds * 1000,
      leaseMs,
      visibilitySeconds * 1000,
    ];
    expect(order).toEqual([...new Set(order)].sort((one, other) => one - other));
    expect(quietMs).toBeGreaterThanOrEqual(Math.max(2 * providerCallMs, claimMs));
  });

  it.each([
    ['a provider call must be shorter', { providerCallMs: 20_000 }],
    ['a claim must end before its function', { claimMs: 30_000 }],
    ['a function must end before its lease', { functionSeconds: 90 }],
    ['a lease must end before its message', { leaseMs: 180_000 }],
    ['the quiet period must outlast two provider calls', { quietMs: 15_999 }],
    ['the quiet period must outlast the calls of a claim', { quietMs: 19_999 }],
  ])('WD-7: are refused in every stage: %s', (reason, changed) => {
    for (const name of STAGE_NAMES) {
      const candidate = { ...PRODUCTION, name, ...withTimers(changed) };
      expect(refusal(() => checkedStage(candidate))).toContain(reason);
    }
  });
});

it('WD-8: any number of calls to the bank is a number of executions times a batch', () => {
  for (let calls = 2; calls <= 1_000; calls += 1) {
    const { batchSize, maxConcurrency } = settleScaling(calls);
    expect(batchSize * maxConcurrency).toBe(calls);
    expect(batchSize).toBeLessThanOrEqual(10);
    expect(maxConcurrency).toBeGreaterThanOrEqual(2);
  }
  expect(settleScaling(50)).toEqual({ batchSize: 10, maxConcurrency: 5 });
  expect(settleScaling(10)).toEqual({ batchSize: 5, maxConcurrency: 2 });
});
