import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { z } from 'zod';

const count = z.int().positive();

/** Each timer must end before the next one, or two workers can hold one withdrawal. */
const timers = z
  .strictObject({
    /** One call to the bank, and all calls of one claim. */
    bankCallMs: count,
    bankClaimMs: count,
    functionSeconds: count.max(900),
    leaseMs: count,
    visibilitySeconds: count.max(43_200),
    /** How long the bank's "not found" proves nothing after a send. */
    quietMs: count,
  })
  .refine((t) => t.bankCallMs < t.bankClaimMs, 'one bank call must be shorter than a claim')
  .refine((t) => t.bankClaimMs < t.functionSeconds * 1000, 'a claim must end before its function')
  .refine((t) => t.functionSeconds * 1000 < t.leaseMs, 'a function must end before its lease')
  .refine(
    (t) => t.leaseMs < t.visibilitySeconds * 1000,
    'a lease must end before its message shows',
  )
  .refine((t) => t.quietMs >= 2 * t.bankCallMs, 'the quiet period must outlast two bank calls');

export const stageSchema = z.strictObject({
  name: z.enum(['local', 'dev', 'staging', 'production']),
  account: z.string('sign in to AWS, or set CDK_DEFAULT_ACCOUNT').regex(/^\d{12}$/),
  region: z.string('set CDK_DEFAULT_REGION').regex(/^[a-z]{2}(-[a-z]+)+-\d$/),
  defaultCurrency: z.string().regex(/^[A-Z]{3}$/),
  defaultTimeZone: z.string().min(1),
  deletionProtection: z.boolean(),
  /** Tables under a KMS key of our own, whose use can be audited and withdrawn. */
  customerKey: z.boolean(),
  /** Sites whose pages may call the API; none, unless named. */
  corsOrigins: z.array(
    z
      .string()
      .refine(
        (origin) => origin === '*' || (URL.canParse(origin) && new URL(origin).origin === origin),
        'a CORS origin is a scheme and a host, without a path: https://console.example.com',
      ),
  ),
  bank: z.strictObject({
    url: z.url({ protocol: /^https?$/, error: 'set SURETY_BANK_URL to the address of the bank' }),
    secretName: z.string('set SURETY_BANK_SECRET to the name of the secret of the bank').min(1),
    /** A made-up secret, for a bank that is a simulator. */
    createSecret: z.boolean(),
  }),
  logLevel: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
  logRetention: z.enum(RetentionDays),
  tracing: z.boolean(),
  throttle: z.strictObject({ rate: count, burst: count }),
  settlement: z.strictObject({
    timers,
    /** How many settle functions may talk to the bank at once. */
    maxConcurrency: z.int().min(2).max(1000),
  }),
  workStream: z.strictObject({
    batchSize: count.max(10_000),
    maxRecordAgeSeconds: z.int().min(60).max(86_400),
    retryAttempts: z.int().min(0).max(10_000),
    parallelization: count.max(10),
  }),
  /** Schedules in a group of their own, which their role is tied to; otherwise in the default one. */
  ownScheduleGroup: z.boolean(),
  enforceTls: z.boolean(),
  cliCredentials: z.boolean(),
  corsOverride: z.boolean(),
});

export type Stage = z.output<typeof stageSchema>;
