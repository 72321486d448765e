import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { refusalsOf } from './stage-refusals.ts';
import { type Stage, stageSchema } from './stage-schema.ts';

/** What a deployment brings along: bin reads it from the environment, nothing in lib does. */
export type Deployment = {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  readonly bankUrl?: string | undefined;
  readonly bankSecretName?: string | undefined;
  readonly corsOrigins?: readonly string[] | undefined;
};

/** A stage that must not be synthesized; its message is one line for whoever deploys. */
export class StageRefused extends Error {
  override readonly name = 'StageRefused';
}

const onAws = (deployment: Deployment) => ({
  account: deployment.account,
  region: deployment.region,
  defaultCurrency: 'USD',
  defaultTimeZone: 'UTC',
  deletionProtection: true,
  customerKey: true,
  corsOrigins: deployment.corsOrigins ?? [],
  bank: { url: deployment.bankUrl, secretName: deployment.bankSecretName, createSecret: false },
  logLevel: 'INFO',
  logRetention: RetentionDays.THREE_MONTHS,
  tracing: true,
  throttle: { rate: 1_000, burst: 2_000 },
  settlement: {
    timers: {
      bankCallMs: 8_000,
      bankClaimMs: 20_000,
      functionSeconds: 30,
      leaseMs: 90_000,
      visibilitySeconds: 180,
      quietMs: 600_000,
    },
    maxConcurrency: 10,
  },
  workStream: {
    batchSize: 100,
    // A record lives 24 h in the stream: an outage of half that long loses nothing.
    maxRecordAgeSeconds: 43_200,
    // Without a bound one poison record holds up its shard for a day, and is then lost.
    retryAttempts: 100,
    parallelization: 4,
  },
  ownScheduleGroup: true,
  enforceTls: true,
  cliCredentials: false,
  corsOverride: false,
});

/** What one developer may lose: nothing is protected, and the bank's secret is made up. */
const forOneDeveloper = (deployment: Deployment, name: string) => ({
  ...onAws(deployment),
  deletionProtection: false,
  customerKey: false,
  corsOrigins: deployment.corsOrigins ?? ['*'],
  logRetention: RetentionDays.ONE_WEEK,
  bank: {
    // `.invalid` never resolves: without a bank of its own such a stage settles nothing.
    url: deployment.bankUrl ?? 'https://bank.invalid',
    secretName: deployment.bankSecretName ?? `surety-${name}/bank`,
    createSecret: deployment.bankSecretName === undefined,
  },
});

/** Every difference between the local cloud (MiniStack) and AWS, and why it must be. */
const LOCAL_DIFFERENCES = {
  account: '000000000000',
  region: 'us-east-1',
  // Its IAM takes every schedule for one of the default group.
  ownScheduleGroup: false,
  // It speaks plain http, which a TLS-only policy refuses even to root.
  enforceTls: false,
  // Its bootstrap bucket refuses the publishing role over http.
  cliCredentials: true,
  // It stores CORS settings made by CloudFormation under keys it does not read.
  corsOverride: true,
  // It has no X-Ray.
  tracing: false,
  // It ends retries of a stream only by age, and drops what a batch reports as failed.
  workStream: { batchSize: 1, maxRecordAgeSeconds: 60, retryAttempts: 100, parallelization: 1 },
  // A developer waits for a time-out, a lease or a redelivery; the order is the same as on AWS.
  settlement: {
    timers: {
      bankCallMs: 2_000,
      bankClaimMs: 5_000,
      functionSeconds: 10,
      leaseMs: 15_000,
      visibilitySeconds: 20,
      quietMs: 5_000,
    },
    // Each function at work is a process of 75 MB on the developer's machine.
    maxConcurrency: 4,
  },
} as const;

const STAGES = {
  local: (deployment: Deployment) => ({
    ...forOneDeveloper(
      { ...deployment, bankUrl: deployment.bankUrl ?? 'http://127.0.0.1:8010' },
      'local',
    ),
    ...LOCAL_DIFFERENCES,
  }),
  dev: (deployment: Deployment) => ({
    ...forOneDeveloper(deployment, 'dev'),
    logLevel: 'DEBUG',
    throttle: { rate: 100, burst: 200 },
  }),
  // As production in all but size, so that what it proves holds there.
  staging: onAws,
  production: (deployment: Deployment) => ({
    ...onAws(deployment),
    logRetention: RetentionDays.ONE_YEAR,
    throttle: { rate: 5_000, burst: 5_000 },
    settlement: { ...onAws(deployment).settlement, maxConcurrency: 50 },
  }),
};

const isStageName = (name: string): name is keyof typeof STAGES => Object.hasOwn(STAGES, name);

/** A stage as it may be synthesized. Throws StageRefused with every reason why not. */
export const checkedStage = (candidate: Record<string, unknown>): Stage => {
  const { name } = candidate;
  const refuse = (reasons: readonly string[]) =>
    new StageRefused(`Stage ${name} refused: ${reasons.join('; ')}.`);
  const parsed = stageSchema.safeParse(candidate);
  if (!parsed.success) {
    throw refuse(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
  }
  const reasons = refusalsOf(parsed.data);
  if (reasons.length > 0) throw refuse(reasons);
  return parsed.data;
};

/** The stage of that name, checked. Throws StageRefused. */
export const stageOf = (name: string, deployment: Deployment): Stage => {
  if (!isStageName(name)) {
    throw new StageRefused(`No stage "${name}": use ${Object.keys(STAGES).join(', ')}.`);
  }
  return checkedStage({ name, ...STAGES[name](deployment) });
};
