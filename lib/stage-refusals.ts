import type { Stage } from './stage-schema.ts';

type Refusal = { readonly unsafe: (stage: Stage) => boolean; readonly because: string };

/** What production may never be, and the sentence whoever deploys reads. */
const REFUSALS: readonly Refusal[] = [
  {
    unsafe: (stage) => !stage.deletionProtection,
    because: 'tables and users must be protected from deletion',
  },
  {
    unsafe: (stage) => !stage.customerKey,
    because: 'tables must be encrypted with a KMS key of our own',
  },
  {
    unsafe: (stage) => stage.corsOrigins.includes('*'),
    because: 'CORS must name its origins, not allow every site (*)',
  },
  {
    unsafe: (stage) => stage.corsOrigins.some((origin) => origin.startsWith('http:')),
    because: 'CORS origins must be https',
  },
  {
    unsafe: (stage) => stage.bank.url.startsWith('http:'),
    because: 'the bank must be called over https',
  },
  {
    unsafe: (stage) => stage.bank.createSecret,
    because: 'the secret of the bank must be the one the bank issued, not a generated one',
  },
  {
    unsafe: (stage) => stage.logLevel === 'DEBUG',
    because: 'debug logs may hold what merchants send',
  },
  { unsafe: (stage) => !stage.tracing, because: 'requests must be traced' },
  {
    unsafe: (stage) => stage.account === '000000000000',
    because: 'the account 000000000000 exists only on the local cloud',
  },
  {
    unsafe: (stage) => !stage.ownScheduleGroup,
    because: 'schedules must have a group of their own, so that no other can use their role',
  },
  { unsafe: (stage) => !stage.enforceTls, because: 'queues must refuse plain http' },
  {
    unsafe: (stage) => stage.cliCredentials,
    because: 'a deploy must use the bootstrapped roles, not the credentials of the command line',
  },
  {
    unsafe: (stage) => stage.corsOverride,
    because: 'the CORS override is a repair of the local cloud, and API Gateway refuses it',
  },
  {
    unsafe: ({ settlement: { timers } }) => timers.bankCallMs < 8_000 || timers.quietMs < 600_000,
    because: 'settlement timers must give a real bank its time: 8 s a call, 10 minutes of quiet',
  },
  {
    unsafe: ({ workStream }) => workStream.batchSize < 10 || workStream.maxRecordAgeSeconds < 3_600,
    because: 'the relay must read in batches and keep trying for an hour at least',
  },
];

/** Every reason why this stage must not be synthesized. */
export const refusalsOf = (stage: Stage): readonly string[] =>
  stage.name === 'production'
    ? REFUSALS.filter(({ unsafe }) => unsafe(stage)).map(({ because }) => because)
    : [];
