import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { z } from 'zod';
import { amountLimits } from '../lambdas/ledger/amount-limits.ts';

const count = z.int().positive();

/** Units a second that a new on-demand table serves from its first second, and each of its indexes. */
export const NEW_TABLE = { writeUnits: 4_000, readUnits: 12_000 };
const tooLow =
  'warm throughput cannot be below that of a new table: 4,000 write and 12,000 read units';

/** Requests a second, and requests at the same time. */
const limits = { rate: count, burst: count };

/** Each timer must end before the next one. Otherwise two workers can hold one payout. */
const timers = z
  .strictObject({
    /** One call to the provider. */
    providerCallMs: count,
    /** All provider calls of one claim. */
    claimMs: count,
    functionSeconds: count.max(900),
    leaseMs: count,
    visibilitySeconds: count.max(43_200),
    /** After the last send of a claim, "not found" is not conclusive for this long. */
    quietMs: count,
    /** How long after a message's next visibility recovery takes it for lost. */
    checkMarginMs: count,
  })
  .refine((t) => t.providerCallMs < t.claimMs, 'a provider call must be shorter than a claim')
  .refine((t) => t.claimMs < t.functionSeconds * 1000, 'a claim must end before its function')
  .refine((t) => t.functionSeconds * 1000 < t.leaseMs, 'a function must end before its lease')
  .refine(
    (t) => t.leaseMs < t.visibilitySeconds * 1000,
    'a lease must end before its message is visible again',
  )
  .refine(
    (t) => t.quietMs >= 2 * t.providerCallMs,
    'the quiet period must outlast two provider calls',
  )
  .refine(
    (t) => t.quietMs >= t.claimMs,
    'the quiet period must outlast the calls of a claim, since the last of them may send',
  );

/** Who carries payouts out, and the variables that a deployment sets for it. */
const provider = (name: string, variable: string) =>
  z.strictObject({
    url: z.url({
      protocol: /^https?$/,
      error: `set ${variable}_URL to the address of the ${name}`,
    }),
    secretName: z.string(`set ${variable}_SECRET to the name of the secret of the ${name}`).min(1),
    /** Generates a secret. For a simulator only. */
    createSecret: z.boolean(),
  });

export const stageSchema = z.strictObject({
  name: z.enum(['local', 'dev', 'staging', 'production']),
  account: z
    .string('set SURETY_ACCOUNT to the AWS account of the stage')
    .regex(/^\d{12}$/, 'an AWS account has 12 digits'),
  region: z
    .string('set SURETY_REGION to the AWS region of the stage')
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region is a name like eu-central-1'),
  defaultCurrency: z.string().regex(/^[A-Z]{3}$/),
  defaultTimeZone: z.string().min(1),
  deletionProtection: z.boolean(),
  /** Encrypts tables with a customer managed KMS key. Its use can be audited and revoked. */
  customerKey: z.boolean(),
  /** Origins of browser clients. None by default. */
  corsOrigins: z.array(
    z
      .string()
      .refine(
        (origin) => origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin),
        'a CORS origin is a scheme and a host, without a path: https://console.example.com',
      ),
  ),
  bank: provider('bank', 'SURETY_BANK'),
  operator: provider('operator', 'SURETY_OPERATOR'),
  conversions: z.strictObject({
    /** The source of exchange rates. A file only where functions run on this machine. */
    ratesUrl: z.url({
      protocol: /^(https?|file)$/,
      error: 'set SURETY_RATES_URL to the address of the source of exchange rates',
    }),
    /** One call to it. */
    ratesCallMs: count.max(5_000),
    /** How long a rate is used when the source gives no other. */
    ratesMaxAgeMs: z.int().min(10_000).max(600_000),
    /** What the platform keeps of a conversion, in parts per million. */
    spreadPpm: z.int().min(0).max(100_000),
  }),
  logLevel: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
  logRetention: z.enum(RetentionDays),
  tracing: z.boolean(),
  /** Administrators need an authenticator (TOTP) to sign in. */
  adminMfa: z.boolean(),
  /**
   * Above these amounts, a second admin has to confirm what brings money in, gives it back or raises a
   * limit. By currency, in its whole units; `*` is every other currency.
   */
  secondAdminAbove: amountLimits,
  /** The most that one request of an admin can move, or set as a limit: a slip of a key, or a stolen sign-in. */
  mostPerAdminRequest: amountLimits,
  throttle: z
    .strictObject({
      ...limits,
      /** Of each route that anyone can call, or that handles credentials. */
      openRoute: z.strictObject(limits),
    })
    .refine(
      ({ rate, burst, openRoute }) => openRoute.rate < rate && openRoute.burst < burst,
      'an open route must be throttled before all routes together are',
    ),
  /** Rows over which a new credit pool spreads its debits, each in a partition of its own. 0: one row. */
  pool: z.strictObject({ shards: z.int().min(0).max(96) }),
  /** Units a second of DynamoDB tables. `capacity.ts` checks that they suffice for the throttle. */
  tables: z.strictObject({
    /** The quota of the account for one table. AWS raises it on request. */
    quota: z.strictObject({ writeUnits: count, readUnits: count }),
    /** What the Ledger serves at once. It can be raised later, but never lowered. */
    warmLedger: z.strictObject({
      writeUnits: z.int().min(NEW_TABLE.writeUnits, tooLow),
      readUnits: z.int().min(NEW_TABLE.readUnits, tooLow),
    }),
  }),
  /**
   * How long a request, and a message of a worker, is repeated while others hold its rows, in
   * milliseconds. The gateway waits 30 s for a response, and a function that was started late still
   * has to send it.
   */
  deadlines: z.strictObject({ requestMs: count.max(15_000), messageMs: count.max(5_000) }),
  settlement: z.strictObject({
    timers,
    /** Calls that reach the provider at the same time, over all executions of settle. */
    parallelProviderCalls: z.int().min(2).max(1000),
    /** Concurrent executions of execute-scheduled. Each handles up to ten messages in parallel. */
    executeScheduledConcurrency: z.int().min(2).max(1000),
  }),
  /** How the relay reads the stream of the Ledger. */
  stream: z.strictObject({
    batchSize: count.max(10_000),
    maxRecordAgeSeconds: z.int().min(60).max(86_400),
    parallelization: count.max(10),
  }),
  /**
   * Reserves executions for relay, settle, execute-scheduled, run-queued and recover, so that a burst of API
   * requests cannot take them. Lambda refuses that in an account with a small limit: 100 executions
   * stay unreserved, and a new account may have only 10.
   */
  reservedConcurrency: z.boolean(),
  /** Puts schedules in their own group, and ties their role to it. Otherwise: the default group. */
  ownScheduleGroup: z.boolean(),
  enforceTls: z.boolean(),
  cliCredentials: z.boolean(),
  corsOverride: z.boolean(),
});

export type Stage = z.output<typeof stageSchema>;
