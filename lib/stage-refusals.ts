import { capacityRefusals } from './capacity.ts';
import type { Stage } from './stage-schema.ts';

type Refusal = { readonly unsafe: (stage: Stage) => boolean; readonly reason: string };

/** Settings that production refuses, each with the reason that the deployer sees. */
const REFUSALS: readonly Refusal[] = [
  {
    unsafe: (stage) => !stage.deletionProtection,
    reason: 'tables and users must be protected from deletion',
  },
  {
    unsafe: (stage) => !stage.customerKey,
    reason: 'tables must be encrypted with a customer managed KMS key',
  },
  {
    unsafe: (stage) => stage.corsOrigins.includes('*'),
    reason: 'CORS must list its origins instead of allowing every site (*)',
  },
  {
    unsafe: (stage) => stage.corsOrigins.some((origin) => origin.startsWith('http:')),
    reason: 'CORS origins must be https',
  },
  ...(['bank', 'operator'] as const).flatMap((provider): readonly Refusal[] => [
    {
      unsafe: (stage) => stage[provider].url.startsWith('http:'),
      reason: `the URL of the ${provider} must use https`,
    },
    {
      unsafe: (stage) => stage[provider].createSecret,
      reason: `the secret of the ${provider} must be issued by the ${provider}, not generated`,
    },
  ]),
  {
    unsafe: (stage) => !stage.conversions.ratesUrl.startsWith('https:'),
    reason: 'exchange rates must be read over https',
  },
  {
    unsafe: (stage) => stage.logLevel === 'DEBUG',
    reason: 'debug logs can contain request data of merchants',
  },
  {
    unsafe: (stage) => !stage.adminMfa,
    reason: 'administrators must sign in with an authenticator',
  },
  {
    unsafe: (stage) => stage.secondAdminAbove['*'] === undefined,
    reason: 'large amounts must need a second administrator, in every currency',
  },
  {
    unsafe: (stage) => stage.mostPerAdminRequest['*'] === undefined,
    reason: 'what one request of an administrator can move must be bounded, in every currency',
  },
  { unsafe: (stage) => !stage.tracing, reason: 'tracing must be enabled' },
  {
    unsafe: (stage) => stage.account === '000000000000',
    reason: 'the account 000000000000 exists only on the local cloud',
  },
  {
    unsafe: (stage) => !stage.ownScheduleGroup,
    reason: 'schedules must have their own group, so that no other schedule can use their role',
  },
  {
    unsafe: (stage) => !stage.reservedConcurrency,
    reason:
      'payout workers must have reserved concurrency, so that API requests cannot starve them',
  },
  { unsafe: (stage) => !stage.enforceTls, reason: 'queues must refuse plain http' },
  {
    unsafe: (stage) => stage.cliCredentials,
    reason: 'deployments must use the bootstrapped roles, not the credentials of the command line',
  },
  {
    unsafe: (stage) => stage.corsOverride,
    reason: 'the CORS override works around the local cloud, and API Gateway rejects it',
  },
  {
    unsafe: ({ settlement: { timers } }) =>
      timers.providerCallMs < 8_000 || timers.quietMs < 600_000,
    reason: 'settlement timers must suit a real bank: 8 s per call, 10 minutes of quiet period',
  },
  {
    unsafe: ({ settlement: { timers } }) => timers.checkMarginMs < 300_000,
    reason: 'recovery must leave the stream and the queue five minutes before it sends again',
  },
  {
    unsafe: ({ stream }) => stream.batchSize < 10 || stream.maxRecordAgeSeconds < 3_600,
    reason: 'the relay must read batches of at least 10 and retry for at least one hour',
  },
];

/** What the CDK CLI reads from the AWS credentials. Without credentials it guesses the region. */
export type Credentials = {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
};

/** Credentials of another account or region belong to another stage. The local cloud needs none. */
const mismatchOf = (stage: Stage, { account, region }: Credentials): readonly string[] => {
  if (stage.name === 'local' || account === undefined) return [];
  if (account === stage.account && region === stage.region) return [];
  return [
    `the stage belongs to ${stage.account} in ${stage.region}, but the AWS credentials are for ` +
      `${account} in ${region}: set AWS_PROFILE and AWS_REGION, or SURETY_ACCOUNT and SURETY_REGION`,
  ];
};

/** All reasons to refuse synthesis of this stage with these credentials. */
export const refusalsOf = (stage: Stage, credentials: Credentials): readonly string[] => [
  ...mismatchOf(stage, credentials),
  ...capacityRefusals(stage),
  ...(stage.name === 'production'
    ? REFUSALS.filter(({ unsafe }) => unsafe(stage)).map(({ reason }) => reason)
    : []),
];
