import * as z from 'zod';
import { poolShare } from './balances.ts';
import { currencyCode, minorUnits } from './money.ts';
import { postings } from './postings.ts';

export const TRANSACTION_TYPES = [
  'withdrawal',
  'top_up',
  'approval',
  'deposit',
  'archive',
  'transfer',
  'release',
] as const;
export type TransactionType = (typeof TRANSACTION_TYPES)[number];

/** Where a withdrawal's money comes from, and where a refund brings it back. */
export const SOURCES = ['credit', 'wallet'] as const;
export type Source = (typeof SOURCES)[number];

export const STATUSES = [
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

/** Statuses an admin looks for; only these put a transaction into the `byStatus` index. */
const WATCHED: ReadonlySet<Status> = new Set(['SCHEDULED', 'UNKNOWN', 'MANUAL_REVIEW', 'FAILED']);
export const isWatched = (status: Status): boolean => WATCHED.has(status);

/** Merchants see a doubt about the bank's answer as what it is to them: still on its way. */
export const shownStatus = (status: Status): Status =>
  status === 'UNKNOWN' || status === 'MANUAL_REVIEW' ? 'PROCESSING' : status;
export const SHOWN_STATUSES = STATUSES.filter((status) => shownStatus(status) === status);
/** All that a merchant means by a status. */
export const behind = (shown: Status): readonly Status[] =>
  STATUSES.filter((status) => shownStatus(status) === shown);

/** Every move in the life of a withdrawal: the truth for the check, the condition and the README graph. */
export const WITHDRAWAL_MOVES = {
  /** Its time has come, and its funds are there; or they are not, or its merchant may not spend. */
  execute: { from: ['SCHEDULED'], to: 'PENDING' },
  fail: { from: ['SCHEDULED'], to: 'FAILED' },
  cancel: { from: ['SCHEDULED'], to: 'CANCELLED' },
  claim: { from: ['PENDING', 'PROCESSING', 'UNKNOWN'], to: 'PROCESSING' },
  /** The merchant is suspended: it waits, and is not taken for lost. */
  hold: { from: ['PENDING'], to: 'PENDING' },
  /** The bank did not clearly answer: nobody may refund, the next try asks first. */
  wait: { from: ['PROCESSING'], to: 'PROCESSING' },
  /** Certainly nothing was executed. */
  release: { from: ['PROCESSING'], to: 'PENDING' },
  /** A bank's success is a fact, whoever brings it and however late. */
  succeed: { from: ['PENDING', 'PROCESSING', 'UNKNOWN', 'MANUAL_REVIEW'], to: 'SUCCEEDED' },
  refund: { from: ['PROCESSING'], to: 'FAILED' },
} as const satisfies Record<string, { from: readonly Status[]; to: Status }>;
export type WithdrawalMove = keyof typeof WITHDRAWAL_MOVES;

const PHASES = ['accept', 'settle', 'refund', 'release'] as const;
const phase = z.object({ name: z.enum(PHASES), at: z.string(), postings });
export type Phase = z.infer<typeof phase>;

/** The business record: one row, written once and moved on under conditions. */
export const transactionRow = z.object({
  /** The partition of the row it concerns: a merchant's or a pool's. */
  pk: z.string(),
  txnId: z.string(),
  type: z.enum(TRANSACTION_TYPES),
  status: z.enum(STATUSES),
  amount: minorUnits,
  currency: currencyCode,
  createdAt: z.string(),
  requestHash: z.string(),
  phases: z.array(phase),
  /** When it last became each status (WD-3), in ISO 8601. */
  at: z.partialRecord(z.enum(STATUSES), z.string()),
  merchantId: z.string().optional(),
  source: z.enum(SOURCES).optional(),
  /** The bank account at the moment of accepting; a later change does not redirect it. */
  destination: z.string().optional(),
  /** A transfer's; names as they were, for the answer that a replay repeats. */
  fee: minorUnits.optional(),
  feePpm: z.bigint().optional(),
  /** The volume from which its tier applies; none where the payer's own rate applied. */
  feeTierFrom: minorUnits.optional(),
  payerName: z.string().optional(),
  payeeId: z.string().optional(),
  payeeName: z.string().optional(),
  /** When a scheduled withdrawal is carried out. */
  executeAt: z.string().optional(),
  /** When a deposit that is not immediate becomes available. */
  releaseAt: z.string().optional(),
  shares: z.array(poolShare).optional(),
  limitDay: z.string().optional(),
  limitMonth: z.string().optional(),
  attempt: z.bigint().optional(),
  leaseUntil: z.string().optional(),
  /** The last moment a send may have left us; absent when certainly nothing has. */
  sentAt: z.string().optional(),
  bankRef: z.string().optional(),
  failure: z.string().optional(),
  due: z.string().optional(),
});
export type Transaction = z.infer<typeof transactionRow>;
/** A transaction before the request that asked for it is stamped on. */
export type Draft = Omit<Transaction, 'pk' | 'txnId' | 'requestHash'>;
