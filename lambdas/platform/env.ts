import * as z from 'zod';

/** One schema per function: it types the environment at deploy and parses it at run time. */
const text = z.string().min(1);
const arn = z.string().startsWith('arn:');
const milliseconds = z
  .string()
  .regex(/^[1-9]\d{1,6}$/)
  .transform(Number);
/** Comma-separated. */
const list = z.string().transform((value) => value.split(',').filter((each) => each !== ''));
/** Comma-separated: `USD=1000,*=5000`. */
const texts = list
  .transform((pairs): unknown => Object.fromEntries(pairs.map((pair) => pair.split('='))))
  .pipe(z.record(z.string(), z.string()));
/** And how long one request or message is repeated while others hold its rows. */
export const ledgerEnv = z.object({ LEDGER_TABLE: text, DEADLINE_MS: milliseconds });
export type LedgerEnv = z.output<typeof ledgerEnv>;
/** The way into the groups of busy merchants: their markers and stored responses, and their queue. */
const busy = { IDEMPOTENCY_TABLE: text, BUSY_QUEUE_URL: z.url() };
export type BusyEnv = z.output<z.ZodObject<typeof busy>>;
/** How long the stream and a queue have for a payout before recovery may take its message for lost. */
const check = { CHECK_MARGIN_MS: milliseconds };

/**
 * Of every API function, and of run-queued, which decides the same requests. Knowing a name grants nothing: each
 * role says what its function may do.
 */
export const apiEnv = ledgerEnv.extend({
  ...busy,
  DEFAULT_CURRENCY: z.string().regex(/^[A-Z]{3}$/),
  DEFAULT_TIME_ZONE: text,
  /** Of a new credit pool. */
  POOL_SHARDS: z
    .string()
    .regex(/^\d{1,2}$/)
    .transform(Number),
  ...check,
  MERCHANT_POOL_ID: text,
  MERCHANT_CLIENT_ID: text,
  ADMIN_POOL_ID: text,
  ADMIN_CLIENT_ID: text,
  /** The amounts above which a second admin has to confirm, by currency. */
  SECOND_ADMIN_ABOVE: texts,
  /** Where exchange rates are read: over HTTP, or from a file. */
  RATES_URL: z.url(),
  /** One call to the source, and how long a rate that it gave may be used. */
  RATES_CALL_MS: milliseconds,
  RATES_MAX_AGE_MS: milliseconds,
  /** Of a conversion, in parts per million. */
  SPREAD_PPM: z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(BigInt),
  /** The most that one request of an admin can move, by currency. */
  MOST_PER_ADMIN_REQUEST: texts,
  /** Names of the operations whose requests a merchant, and an admin, can look up by key. */
  MERCHANT_OPERATIONS: list,
  ADMIN_OPERATIONS: list,
});
export type ApiEnv = z.output<typeof apiEnv>;
export const notFoundEnv = z.object({ ROUTES: list });
export const relayEnv = z.object({
  PAYOUT_QUEUE_URL: z.url(),
  POOL_QUEUE_URL: z.url(),
  SCHEDULE_QUEUE_URL: z.url(),
  SCHEDULE_GROUP: text,
  SCHEDULE_ROLE_ARN: arn,
  SCHEDULE_QUEUE_ARN: arn,
  SCHEDULE_DLQ_ARN: arn,
});
export const executeScheduledEnv = ledgerEnv.extend({
  ...busy,
  SCHEDULE_QUEUE_URL: z.url(),
  ...check,
});
export const recoverEnv = ledgerEnv.extend({
  ...busy,
  PAYOUT_QUEUE_URL: z.url(),
  SCHEDULE_QUEUE_URL: z.url(),
  POOL_QUEUE_URL: z.url(),
  /** How long until recovery may send a message for the same row again. */
  RECOVER_AGAIN_MS: milliseconds,
});
export const settleEnv = ledgerEnv.extend({
  ...busy,
  PAYOUT_QUEUE_URL: z.url(),
  BANK_URL: z.url(),
  BANK_SECRET_NAME: text,
  OPERATOR_URL: z.url(),
  OPERATOR_SECRET_NAME: text,
  /** One call to a provider, and all calls of one claim. */
  PROVIDER_CALL_MS: milliseconds,
  CLAIM_MS: milliseconds,
  LEASE_MS: milliseconds,
  VISIBILITY_MS: milliseconds,
  /** How long "not found" proves nothing after a send: twice the provider's longest processing. */
  QUIET_MS: milliseconds,
  ...check,
});

/** Fails the cold start and names the variable, rather than the first request that needs it. */
export const readEnv = <Schema extends z.ZodType>(schema: Schema): z.output<Schema> =>
  schema.parse(process.env);
