import * as z from 'zod';
import { currencyCode } from '../money.ts';

/** Of every message. Nothing depends on one: lost, its request is answered 503; delivered twice, it is a replay. */
const common = {
  merchantId: z.string().min(1),
  /** ISO 8601 in UTC. Afterwards nobody waits for it. */
  deadline: z.iso.datetime(),
};

/** A request as its client sent it, without its token: what the token proved is the caller. */
const request = z.object({
  ...common,
  work: z.literal('request'),
  operation: z.string(),
  caller: z.object({ id: z.string(), name: z.string() }),
  key: z.string(),
  /** JSON leaves out a body that was not sent. */
  input: z.object({ params: z.unknown(), query: z.unknown(), body: z.unknown().optional() }),
  /** The partition of what it concerns: its sender may have looked it up. */
  pk: z.string().min(1),
  /** Of what was sent: method, path, query and body. */
  hash: z.string(),
  requestId: z.string(),
});
export type QueuedRequest = z.infer<typeof request>;

/** A payout that its provider refuses. The attempt and its times name the lease under which settle heard that. */
const refund = z.object({
  ...common,
  work: z.literal('refund'),
  txnId: z.string().min(1),
  attempt: z.string().regex(/^\d+$/),
  leaseUntil: z.string().optional(),
  sentAt: z.string().optional(),
  failure: z.string(),
});
export type QueuedRefund = z.infer<typeof refund>;

/** A scheduled withdrawal whose time has come. */
const execution = z.object({
  ...common,
  work: z.literal('execution'),
  txnId: z.string().min(1),
});

/** Funds of one wallet that have matured. */
const release = z.object({
  ...common,
  work: z.literal('release'),
  currency: currencyCode,
  /** Position of the oldest one that is released with others. */
  from: z.string().min(1),
});

/** What is handed over to be decided in a group with others on the same merchant. */
export const queuedMessage = z.discriminatedUnion('work', [request, refund, execution, release]);
export type QueuedMessage = z.infer<typeof queuedMessage>;
