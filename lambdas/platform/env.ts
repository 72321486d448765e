import * as z from 'zod';

/** One schema per function: it types the environment at deploy and parses it at run time. */
const ledger = z.object({ LEDGER_TABLE: z.string().min(1) });
const milliseconds = z
  .string()
  .regex(/^[1-9]\d{1,6}$/)
  .transform(Number);
const currency = z.string().regex(/^[A-Z]{3}$/);

export const opsEnv = ledger;
export const meEnv = ledger.extend({ DEFAULT_CURRENCY: currency });
export const authEnv = meEnv.extend({
  USER_POOL_CLIENT_ID: z.string().min(1),
  DEFAULT_TIME_ZONE: z.string().min(1),
});
/** Whatever moves money or a limit also stores its answer. */
export const moneyEnv = meEnv.extend({ IDEMPOTENCY_TABLE: z.string().min(1) });
const arn = z.string().startsWith('arn:');
export const relayEnv = z.object({
  SETTLEMENT_QUEUE_URL: z.url(),
  SCHEDULE_GROUP: z.string().min(1),
  SCHEDULE_ROLE_ARN: arn,
  DUE_QUEUE_ARN: arn,
  DUE_DLQ_ARN: arn,
});
export const carryOutEnv = ledger.extend({ DUE_QUEUE_URL: z.url() });
export const sweepEnv = ledger.extend({
  SETTLEMENT_QUEUE_URL: z.url(),
  DUE_QUEUE_URL: z.url(),
  /** How long until what was swept may be swept again. */
  SWEEP_AGAIN_MS: milliseconds,
});
export const settleEnv = ledger.extend({
  SETTLEMENT_QUEUE_URL: z.url(),
  BANK_URL: z.url(),
  BANK_SECRET_NAME: z.string().min(1),
  /** One call to the bank, and all calls of one claim. */
  BANK_CALL_MS: milliseconds,
  BANK_CLAIM_MS: milliseconds,
  LEASE_MS: milliseconds,
  VISIBILITY_MS: milliseconds,
  /** How long "not found" proves nothing after a send: twice the bank's longest processing. */
  QUIET_MS: milliseconds,
});

/** Fails the cold start, naming the variable, rather than the first request that needs it. */
export const readEnv = <Schema extends z.ZodType>(schema: Schema): z.output<Schema> =>
  schema.parse(process.env);
