import type { Context } from 'aws-lambda';
import { log } from '../platform/logger.ts';
import { type Undecided, undecided, untilDecided } from '../platform/retry.ts';
import { commit } from './commit.ts';
import type { LedgerContext } from './context.ts';
import type { Accepted, Decision } from './decision.ts';
import { type ReplayResult, type Response, replayOr } from './idempotency.ts';
import { post } from './post.ts';
import { storePhase } from './postings.ts';
import type { Reason } from './reasons.ts';
import type { RequestIdentity } from './request-identity.ts';
import {
  type ResponseStore,
  readResponse,
  type StoredResponse,
  storeResponse,
} from './responses.ts';
import type { Label, RowWrite } from './row-writes.ts';
import { createTransaction, noTransaction, readTransaction } from './rows/transactions.ts';
import type { NewTransaction, Transaction } from './transactions.ts';

/** What one commit makes true, and the outcome it stands for. */
export type Attempt<Outcome> = {
  readonly kind: 'attempt';
  /** A refusal needs no preparation. */
  readonly isAccepted: boolean;
  readonly writes: readonly RowWrite[];
  readonly outcome: Outcome;
};

type Read<Facts> = { readonly facts: Facts; readonly now: Date };

/** One decision: read, decide, prepare, commit; again after a lost race. */
export type DecisionRun<Facts, Outcome> = {
  /** At one instant, which is also the decision's. */
  readonly read: () => Promise<Read<Facts>>;
  /** The outcome, where an earlier run already committed it. */
  readonly settled: (facts: Facts) => Outcome | undefined;
  /** Before an acceptance is committed. @returns whether it changed what was read, which is then read again. */
  readonly prepare: (facts: Facts, now: Date) => Promise<boolean>;
  readonly decide: (facts: Facts, now: Date) => Attempt<Outcome> | Undecided;
  /** After a failed condition: the outcome, if the row that failed it tells. */
  readonly lost?: (by: Label) => Promise<Outcome | undefined>;
};
type Done<Outcome> = { readonly kind: 'done'; readonly outcome: Outcome };

/**
 * Runs one decision until it is committed. Serves requests and scheduled withdrawals alike: a failed
 * condition never refuses by itself, the rule decides again on rows read after it.
 */
export function untilCommitted<Facts, Outcome>(
  ledger: LedgerContext,
  run: DecisionRun<Facts, Outcome>,
): Promise<Done<Outcome> | Undecided> {
  return untilDecided(async (): Promise<Done<Outcome> | Undecided> => {
    const { facts, now } = await run.read();
    const settled = run.settled(facts);
    if (settled !== undefined) return { kind: 'done', outcome: settled };
    const attempt = run.decide(facts, now);
    if (attempt.kind === 'undecided') return attempt;
    if (attempt.isAccepted && (await run.prepare(facts, now))) return undecided('release');
    const result = await commit(ledger, attempt.writes);
    switch (result.kind) {
      case 'committed':
        return { kind: 'done', outcome: attempt.outcome };
      case 'refused': {
        const outcome = await run.lost?.(result.by);
        return outcome === undefined ? undecided(result.by) : { kind: 'done', outcome };
      }
      case 'contended':
        return undecided(result.by);
      case 'unknown':
        return undecided('unknown');
    }
  });
}

/** The rule of an operation that moves money or a limit, and what surrounds it. */
export type Decider<Facts, New extends NewTransaction> = {
  readonly name: string;
  readonly read: (now: Date) => Promise<Facts>;
  /** @returns whether it changed what was read. */
  readonly prepare: (facts: Facts, now: Date) => Promise<boolean>;
  readonly decide: (facts: Facts, now: Date) => Decision<New>;
  /** A pure function of what never changes in the row: a replay years later is rendered from it. */
  readonly respond: (transaction: Transaction) => StoredResponse;
  readonly refuse: (reason: Reason) => StoredResponse;
};

type Stores = { readonly ledger: LedgerContext; readonly responses: ResponseStore };
type RequestFacts<Facts> = {
  readonly facts: Facts;
  /** The request's own transaction, if it was accepted before. */
  readonly earlier: Transaction | undefined;
};

/**
 * Runs an operation exactly once for each request identity. Every repeat returns the original response.
 * Two conditions in the one transaction, on the response and on the transaction row, let exactly one
 * request win; there is no lock.
 */
export function runOperation<Facts, New extends NewTransaction>(
  { ledger, responses }: Stores,
  decider: Decider<Facts, New>,
  identity: RequestIdentity,
  { requestId, context }: { readonly requestId: string; readonly context: Context },
): Promise<ReplayResult> {
  const { pk, txnId, hash, responseId } = identity;

  const replay = (transaction: Transaction): ReplayResult =>
    transaction.requestHash === hash
      ? { ...decider.respond(transaction), replayed: true }
      : 'key_reused';

  const read = async (): Promise<Read<RequestFacts<Facts>>> => {
    const now = ledger.now();
    const [facts, earlier] = await Promise.all([
      decider.read(now),
      readTransaction(ledger, pk, txnId),
    ]);
    return { facts: { facts, earlier }, now };
  };

  const decide = ({ facts }: RequestFacts<Facts>, now: Date): Attempt<Response> | Undecided => {
    const decision = decider.decide(facts, now);
    switch (decision.kind) {
      case 'retry':
        return undecided(decision.why);
      case 'refused': {
        // Committed like an acceptance: it may not contradict one that is under way.
        const outcome = decider.refuse(decision.reason);
        return attempt(false, outcome, now, {
          postings: [],
          guards: [noTransaction(pk, txnId)],
          changes: [],
        });
      }
      case 'accepted': {
        const transaction = stamp(decision, identity, now);
        const outcome = decider.respond(transaction);
        const changes = [createTransaction(transaction), ...decision.changes];
        return attempt(true, outcome, now, { ...decision, changes });
      }
    }
  };
  const attempt = (
    isAccepted: boolean,
    outcome: StoredResponse,
    now: Date,
    effects: Pick<Accepted, 'postings' | 'guards' | 'changes'>,
  ): Attempt<Response> => ({
    kind: 'attempt',
    isAccepted,
    outcome,
    writes: [
      storeResponse(responses, responseId, hash, outcome, now),
      ...post([{ ...effects, txnId, name: 'accept' }]),
    ],
  });

  /** From the stored response, else from the transaction row, where that one was stored earlier. */
  const earlierResponse = async (): Promise<ReplayResult | undefined> => {
    const [stored, transaction] = await Promise.all([
      readResponse(responses, responseId),
      readTransaction(ledger, pk, txnId),
    ]);
    if (stored === undefined) return transaction && replay(transaction);
    if (stored.requestHash !== hash) return 'key_reused';
    return { status: stored.status, body: stored.body, replayed: true };
  };

  // Read while the lookup is under way: one round trip for both. A replay does not need it.
  const early = Promise.allSettled([read()]);
  let isFirst = true;
  const readOrEarly = async (): Promise<Read<RequestFacts<Facts>>> => {
    if (!isFirst) return read();
    isFirst = false;
    const [outcome] = await early;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };

  return replayOr(responses, identity, context, async () => {
    const result = await untilCommitted<RequestFacts<Facts>, ReplayResult>(ledger, {
      read: readOrEarly,
      settled: ({ earlier }) => earlier && replay(earlier),
      prepare: ({ facts }, now) => decider.prepare(facts, now),
      decide,
      lost: async (by) =>
        by === 'response' || by === 'transaction' ? earlierResponse() : undefined,
    });
    if (result.kind === 'undecided') {
      // Only an earlier copy of this very request can hold these two rows.
      const isCopy = result.by === 'response' || result.by === 'transaction';
      return decider.refuse(isCopy ? 'request_in_progress' : 'busy');
    }
    const { outcome } = result;
    if (outcome !== 'key_reused' && outcome.replayed !== true) {
      log('money', outcome.status < 400 ? 'TRANSACTION_ACCEPTED' : 'TRANSACTION_REFUSED', {
        request_id: requestId,
        operation: decider.name,
        txn: txnId,
        status: outcome.status,
      });
    }
    return outcome;
  });
}

/** A rule's transaction with the request that asked for it and the phase that it accepted. */
export function stamp(
  { transaction, postings }: Accepted,
  { pk, txnId, hash }: Omit<RequestIdentity, 'responseId'>,
  now: Date,
): Transaction {
  const at = now.toISOString();
  return {
    ...transaction,
    pk,
    txnId,
    requestHash: hash,
    createdAt: at,
    at: { [transaction.status]: at },
    phases: postings.length === 0 ? [] : [storePhase('accept', at, postings, transaction)],
  };
}
