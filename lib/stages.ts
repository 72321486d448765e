import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type Credentials, refusalsOf } from './stage-refusals.ts';
import { NEW_TABLE, type Stage, stageSchema } from './stage-schema.ts';

/** Of the bank or the operator. */
type GivenProvider = {
  readonly url?: string | undefined;
  readonly secretName?: string | undefined;
};

/** Settings that a deployment supplies. bin reads them from the environment; lib does not. */
export type Deployment = {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  readonly credentials?: Credentials;
  readonly bank?: GivenProvider;
  readonly operator?: GivenProvider;
  readonly ratesUrl?: string | undefined;
  readonly corsOrigins?: readonly string[] | undefined;
};

/** The stage must not be synthesized. The message is one line for the deployer. */
export class StageRefused extends Error {
  override readonly name = 'StageRefused';
}

/** Cognito accepts about 120 sign-ins a second. */
const OPEN_ROUTE = { rate: 100, burst: 200 };

const onAws = (deployment: Deployment) => ({
  account: deployment.account,
  region: deployment.region,
  defaultCurrency: 'USD',
  defaultTimeZone: 'UTC',
  deletionProtection: true,
  customerKey: true,
  corsOrigins: deployment.corsOrigins ?? [],
  bank: { ...deployment.bank, createSecret: false },
  operator: { ...deployment.operator, createSecret: false },
  conversions: {
    ratesUrl: deployment.ratesUrl,
    ratesCallMs: 2_000,
    ratesMaxAgeMs: 60_000,
    spreadPpm: 5_000,
  },
  logLevel: 'INFO',
  logRetention: RetentionDays.THREE_MONTHS,
  tracing: true,
  adminMfa: true,
  secondAdminAbove: { '*': '100000', BTC: '1' },
  // About ten million dollars each.
  mostPerAdminRequest: {
    '*': '10000000',
    BTC: '100',
    IRR: '10000000000000',
    IRT: '1000000000000',
  },
  throttle: { rate: 250, burst: 500, openRoute: OPEN_ROUTE },
  pool: { shards: 32 },
  // Both figures of the quota are those of a new account.
  tables: { quota: { writeUnits: 40_000, readUnits: 40_000 }, warmLedger: NEW_TABLE },
  deadlines: { requestMs: 10_000, messageMs: 2_500 },
  settlement: {
    timers: {
      providerCallMs: 8_000,
      claimMs: 20_000,
      functionSeconds: 30,
      leaseMs: 90_000,
      visibilitySeconds: 180,
      quietMs: 600_000,
      checkMarginMs: 900_000,
    },
    parallelProviderCalls: 10,
    executeScheduledConcurrency: 10,
  },
  stream: {
    batchSize: 100,
    // The stream keeps a record for 24 h. An outage of 12 h loses no record. Without a limit, a
    // record that always fails blocks its shard for 24 h and is then lost.
    maxRecordAgeSeconds: 43_200,
    parallelization: 4,
  },
  reservedConcurrency: true,
  ownScheduleGroup: true,
  enforceTls: true,
  cliCredentials: false,
  corsOverride: false,
});

/** `.invalid` never resolves (RFC 2606): without the URL of a provider the stage settles none of its payouts. */
const simulated = (ownSecret: string, unset: string, given: GivenProvider = {}) => ({
  url: given.url ?? unset,
  secretName: given.secretName ?? ownSecret,
  createSecret: given.secretName === undefined,
});

/** Settings of a developer's own stage: no protection, and generated secrets of bank and operator. */
const forOneDeveloper = (deployment: Deployment, name: string) => ({
  ...onAws(deployment),
  deletionProtection: false,
  customerKey: false,
  reservedConcurrency: false,
  corsOrigins: deployment.corsOrigins ?? ['*'],
  logRetention: RetentionDays.ONE_WEEK,
  secondAdminAbove: { '*': '10000000' },
  mostPerAdminRequest: { '*': '1000000000' },
  throttle: { rate: 100, burst: 200, openRoute: { rate: 20, burst: 40 } },
  pool: { shards: 16 },
  bank: simulated(`surety-${name}/bank`, 'https://bank.invalid', deployment.bank),
  operator: simulated(`surety-${name}/operator`, 'https://operator.invalid', deployment.operator),
  // The same: without a URL the stage quotes no conversion.
  conversions: {
    ...onAws(deployment).conversions,
    ratesUrl: deployment.ratesUrl ?? 'https://rates.invalid',
  },
});

/** Rates that never change, so that a walkthrough and a test know what a conversion brings. */
const LOCAL_RATES = pathToFileURL(join(import.meta.dirname, '..', 'local', 'rates.json')).href;

/** All differences between the local cloud (MiniStack) and AWS, with their reasons. */
const LOCAL_DIFFERENCES = {
  account: '000000000000',
  region: 'us-east-1',
  // Its IAM evaluates every schedule as part of the default group.
  ownScheduleGroup: false,
  // It serves plain http. A TLS-only policy denies that, even to root.
  enforceTls: false,
  // Its bootstrap bucket denies the publishing role over http.
  cliCredentials: true,
  // It stores the CORS settings of CloudFormation under keys that it does not read.
  corsOverride: true,
  // It issues tokens to users who have not enrolled an authenticator, and `npm run token` signs in.
  adminMfa: false,
  // It has no X-Ray.
  tracing: false,
  // It repeats a failed batch every second, and drops records that a batch reports as failed.
  stream: { batchSize: 1, maxRecordAgeSeconds: 60, parallelization: 1 },
  // Short, because developers wait for timeouts, leases and redeliveries. Same order as on AWS.
  settlement: {
    timers: {
      providerCallMs: 2_000,
      claimMs: 5_000,
      functionSeconds: 10,
      leaseMs: 15_000,
      visibilitySeconds: 20,
      quietMs: 5_000,
      checkMarginMs: 60_000,
    },
    // Four executions of each. An execution is a process of 75 MB on the developer's machine.
    parallelProviderCalls: 40,
    executeScheduledConcurrency: 4,
  },
} as const;

/** One simulator serves both providers. */
const onThisMachine = (given: GivenProvider = {}, path: string): GivenProvider => ({
  ...given,
  url: given.url ?? `http://127.0.0.1:8010${path}`,
});

const STAGES = {
  local: (deployment: Deployment) => ({
    ...forOneDeveloper(
      {
        ...deployment,
        bank: onThisMachine(deployment.bank, ''),
        operator: onThisMachine(deployment.operator, '/operator'),
        ratesUrl: deployment.ratesUrl ?? LOCAL_RATES,
      },
      'local',
    ),
    ...LOCAL_DIFFERENCES,
  }),
  dev: (deployment: Deployment) => ({
    ...forOneDeveloper(deployment, 'dev'),
    logLevel: 'DEBUG',
  }),
  // Differs from production only in size, so that tests on staging are valid for production.
  staging: onAws,
  production: (deployment: Deployment) => ({
    ...onAws(deployment),
    logRetention: RetentionDays.ONE_YEAR,
    throttle: { rate: 1_000, burst: 1_000, openRoute: OPEN_ROUTE },
    pool: { shards: 96 },
    tables: {
      ...onAws(deployment).tables,
      warmLedger: { writeUnits: 16_000, readUnits: 12_000 },
    },
    settlement: {
      ...onAws(deployment).settlement,
      parallelProviderCalls: 50,
      executeScheduledConcurrency: 50,
    },
  }),
};

const isStageName = (name: string): name is keyof typeof STAGES => Object.hasOwn(STAGES, name);

/** Parses and checks a stage. Throws StageRefused with all reasons. */
export const checkedStage = (
  candidate: Record<string, unknown>,
  credentials: Credentials = {},
): Stage => {
  const { name } = candidate;
  const refuse = (reasons: readonly string[]) =>
    new StageRefused(`Stage ${name} refused: ${reasons.join('; ')}.`);
  const parsed = stageSchema.safeParse(candidate);
  if (!parsed.success) {
    throw refuse(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
  }
  const reasons = refusalsOf(parsed.data, credentials);
  if (reasons.length > 0) throw refuse(reasons);
  return parsed.data;
};

/** The stage of that name, checked. Throws StageRefused. */
export const stageOf = (name: string, deployment: Deployment): Stage => {
  if (!isStageName(name)) {
    throw new StageRefused(`No stage "${name}": use ${Object.keys(STAGES).join(', ')}.`);
  }
  return checkedStage({ name, ...STAGES[name](deployment) }, deployment.credentials);
};
