import * as z from 'zod';
import { annotationAttributes } from './annotations.ts';
import { currencyCode, minorUnits } from './money.ts';
import { payout } from './payout.ts';
import { storedPhase } from './postings.ts';

/** Where a withdrawal's money comes from, and where a refund returns it. */
export const SOURCES = ['credit', 'wallet'] as const;
export type Source = (typeof SOURCES)[number];

export const STATUSES = [
  'PROPOSED',
  'SCHEDULED',
  'PENDING',
  'PROCESSING',
  'UNKNOWN',
  'MANUAL_REVIEW',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
] as const;
export type Status = (typeof STATUSES)[number];

const FINAL: ReadonlySet<Status> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
export const isFinal = (status: Status): boolean => FINAL.has(status);
/** Accepted, and not final. Of a proposal nothing has happened yet, and its confirmation decides again. */
export const isInFlight = (status: Status): boolean => status !== 'PROPOSED' && !isFinal(status);

/** Statuses that admins search for; only these put a transaction into the `byStatus` index. */
const NEEDS_ATTENTION: ReadonlySet<Status> = new Set([
  'PROPOSED',
  'SCHEDULED',
  'UNKNOWN',
  'MANUAL_REVIEW',
  'FAILED',
]);
export const needsAttention = (status: Status): boolean => NEEDS_ATTENTION.has(status);

/** The status as merchants see it: an unclear provider response is still processing. */
export const publicStatus = (status: Status): Status =>
  status === 'UNKNOWN' || status === 'MANUAL_REVIEW' ? 'PROCESSING' : status;
/** Merchants do not see a proposal: nothing has happened to their money. */
const SHOWN = STATUSES.filter((status) => status !== 'PROPOSED');
export const isShown = ({ status }: { readonly status: Status }): boolean => status !== 'PROPOSED';
export const PUBLIC_STATUSES = SHOWN.filter((status) => publicStatus(status) === status);

/** What one admin has proposed, and a second one has to confirm. */
const proposal = z.object({
  /** The operation and its raw input as JSON, which the confirmation decides again. */
  operation: z.string(),
  input: z.string(),
  /** Names of admins. */
  by: z.string(),
  confirmedBy: z.string().optional(),
  expiresAt: z.string(),
});

/** What every transaction has. */
const common = {
  /** The partition of the row it concerns: a merchant's or a pool's. */
  pk: z.string(),
  txnId: z.string(),
  status: z.enum(STATUSES),
  amount: minorUnits,
  currency: currencyCode,
  /** ISO 8601 in UTC, as all times. Of a confirmed proposal: when it was confirmed. */
  createdAt: z.string(),
  requestHash: z.string(),
  /** The admin who asked for it; absent where no admin did. */
  admin: z.string().optional(),
  proposal: proposal.optional(),
  ...annotationAttributes,
  phases: z.array(storedPhase),
  /** When it last entered each status (WD-3). */
  at: z.partialRecord(z.enum(STATUSES), z.string()),
};
const ofMerchant = { ...common, merchantId: z.string() };

/** The labels under which an amount was counted (CR-5); absent while nothing was. */
const counted = { limitDay: z.string().optional(), limitMonth: z.string().optional() };

const withdrawal = z.object({
  ...ofMerchant,
  ...counted,
  type: z.literal('withdrawal'),
  source: z.enum(SOURCES),
  payout,
  executeAt: z.string().optional(),
  /** When recovery looks at it; absent once it is final. */
  nextCheckAt: z.string().optional(),
});
/** A phone charge, paid from the wallet (SA-1). */
const sale = z.object({
  ...ofMerchant,
  ...counted,
  type: z.literal('sale'),
  source: z.literal('wallet'),
  payout,
  /** What was available in the wallet, matured releases included, before this sale took its amount. */
  balanceBefore: minorUnits,
  /** When recovery looks at it; absent once it is final. */
  nextCheckAt: z.string().optional(),
});
const transfer = z.object({
  ...ofMerchant,
  ...counted,
  type: z.literal('transfer'),
  /** Names as they were, for the response that a replay repeats. */
  payerName: z.string(),
  payeeId: z.string(),
  payeeName: z.string(),
  fee: minorUnits,
  /** Parts per million. */
  feePpm: z.bigint(),
  /** The volume from which its tier applies; absent where the payer's own rate applied. */
  feeTierFrom: minorUnits.optional(),
});
/** What can be a mistake of an admin's (WA-9). */
const reversible = {
  /** The id of its reversal. */
  reversedBy: z.string().optional(),
};
const deposit = z.object({
  ...ofMerchant,
  ...reversible,
  type: z.literal('deposit'),
  /** When a deposit that is not immediate becomes available. */
  releaseAt: z.string().optional(),
});
/** A transaction of a merchant without attributes of its own. */
const plain = <const Type extends string>(type: Type) =>
  z.object({ ...ofMerchant, type: z.literal(type) });
/** Of used credit (CR-4): from the merchant's wallet, or through a bank and recorded by an admin. */
const repayment = z.object({
  ...ofMerchant,
  type: z.literal('repayment'),
  source: z.enum(['wallet', 'bank']),
});
/** For `amount` more credit (CR-3). What becomes of it is a row of its own. */
const creditRequest = z.object({
  ...ofMerchant,
  type: z.literal('credit_request'),
  reason: z.string().optional(),
});
/** Of a credit limit, to `amount` (CR-3). */
const limitChange = z.object({
  ...ofMerchant,
  type: z.literal('limit_change'),
  /** Nothing where it opened the credit line. */
  limitBefore: minorUnits,
  /** The request that it approves. */
  creditRequest: z.string().optional(),
});
const topUp = z.object({ ...common, ...reversible, type: z.literal('top_up') });
/** Takes back the whole amount of a deposit or top-up, in its partition (WA-9). */
const reversal = z.object({
  ...common,
  type: z.literal('reversal'),
  /** The id of the deposit or top-up. */
  reverses: z.string(),
  /** Of a deposit. */
  merchantId: z.string().optional(),
  /** Why, in the admin's words. */
  reason: z.string().optional(),
});
/** Of the merchant's own money (WA-7). `amount` and `currency` are what it gave. */
const conversion = z.object({
  ...ofMerchant,
  type: z.literal('conversion'),
  quoteId: z.string(),
  toCurrency: currencyCode,
  /** Both in `toCurrency`. */
  received: minorUnits,
  spread: minorUnits,
  /** One unit of `currency` in `toCurrency`, as decimal text. */
  rate: z.string(),
});
/** Money that moved within a pool, and the shards that opened or closed with it. */
const rebalance = z.object({ ...common, type: z.literal('rebalance') });
const poolChange = z.object({ ...common, type: z.literal('pool_change'), shards: z.bigint() });

/** The business record: one row, created once and changed by transitions. */
export const transactionRow = z.discriminatedUnion('type', [
  withdrawal,
  sale,
  transfer,
  deposit,
  plain('approval'),
  plain('archive'),
  plain('wallet_opening'),
  plain('release'),
  repayment,
  creditRequest,
  limitChange,
  conversion,
  topUp,
  reversal,
  rebalance,
  poolChange,
]);
export type Transaction = z.infer<typeof transactionRow>;
export type TransactionType = Transaction['type'];
export const TRANSACTION_TYPES: readonly TransactionType[] = transactionRow.options.map(
  ({ shape: { type } }) => type.value,
);

export type Withdrawal = z.infer<typeof withdrawal>;
export type ConversionTransaction = z.infer<typeof conversion>;
export type Sale = z.infer<typeof sale>;
export type Transfer = z.infer<typeof transfer>;

/** Every transaction with a part that a provider carries out. */
export type PayoutTransaction = Extract<Transaction, { payout: unknown }>;
export const hasPayout = (transaction: Transaction): transaction is PayoutTransaction =>
  'payout' in transaction;

/** A transaction that was proposed, whether or not it has been confirmed. */
export type ProposedTransaction = Transaction & {
  readonly proposal: NonNullable<Transaction['proposal']>;
};
export const wasProposed = (transaction: Transaction): transaction is ProposedTransaction =>
  transaction.proposal !== undefined;

/** What the runner adds to a rule's transaction: the request that asked for it, the time and the phases. */
type Stamp = 'pk' | 'txnId' | 'requestHash' | 'admin' | 'createdAt' | 'at' | 'phases';
type Unstamped<T> = T extends Transaction ? Omit<T, Stamp> : never;
export type NewTransaction = Unstamped<Transaction>;
/** The transaction that a rule of one operation makes. */
export type NewTransactionOf<Type extends TransactionType> = Extract<
  NewTransaction,
  { type: Type }
>;
export type TransactionOf<Type extends TransactionType> = Extract<Transaction, { type: Type }>;
