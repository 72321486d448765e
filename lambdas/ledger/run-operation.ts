import type { Context } from 'aws-lambda';
import { type LogCode, log } from '../platform/logger.ts';
import { count } from '../platform/metrics.ts';
import { type Undecided, undecided } from '../platform/retry.ts';
import type { LedgerContext } from './context.ts';
import type { Decision, Effects } from './decision.ts';
import { type ReplayResult, type Response, replayOr } from './idempotency.ts';
import { post } from './post.ts';
import type { Reason } from './reasons.ts';
import { creating, type Recording } from './recording.ts';
import type { RequestIdentity } from './request-identity.ts';
import {
  type ResponseStore,
  readResponse,
  type StoredResponse,
  storeResponse,
} from './responses.ts';
import { readTransaction } from './rows/transactions.ts';
import type { NewTransaction, Transaction } from './transactions.ts';
import { type Attempt, type Done, type Read, untilCommitted } from './until-committed.ts';

/** The rule of an operation that moves money or a limit, and what surrounds it. */
export type Decider<Facts, New extends NewTransaction> = {
  readonly name: string;
  readonly read: (now: Date) => Promise<Facts>;
  /** @returns whether it changed what was read. */
  readonly prepare: (facts: Facts, now: Date) => Promise<boolean>;
  readonly decide: (facts: Facts, now: Date) => Decision<New>;
  /** A pure function of what never changes in the row: a replay years later is rendered from it. */
  readonly respond: (transaction: Transaction) => StoredResponse;
  /** @param tries how often it was tried in vain, where nothing was decided. */
  readonly refuse: (reason: Reason, tries?: number) => StoredResponse;
};

type Stores = { readonly ledger: LedgerContext; readonly responses: ResponseStore };
type RequestFacts<Facts> = {
  readonly facts: Facts;
  /** Set where the request was accepted already: by an earlier copy, or by a commit whose answer was lost. */
  readonly outcome: ReplayResult | undefined;
};

/**
 * Runs an operation exactly once for each request identity. Every repeat returns the original response.
 * Two conditions in the one transaction, on the response and on the transaction row, let exactly one
 * request win; there is no lock.
 * @param recording how an acceptance gets into its row; the request creates it unless said otherwise.
 */
export function runOperation<Facts, New extends NewTransaction>(
  { ledger, responses }: Stores,
  decider: Decider<Facts, New>,
  identity: RequestIdentity,
  { requestId, context }: { readonly requestId: string; readonly context: Context },
  recording: Recording = creating(decider, identity),
): Promise<ReplayResult> {
  const { pk, txnId, hash, responseId } = identity;

  /** What the last acceptance was, which may be committed although its answer was lost. */
  let acceptedAs: LogCode = 'TRANSACTION_ACCEPTED';

  /** From the stored response, else from the transaction row, where that one was stored earlier. */
  const committed = async (transaction: Transaction | undefined) => {
    const stored = await readResponse(responses, responseId);
    if (stored === undefined) return transaction && recording.outcomeOf(transaction);
    if (stored.requestHash !== hash) return 'key_reused';
    const { status, body } = stored;
    return { status, body, ...(stored.requestId !== requestId && { replayed: true }) };
  };

  const read = async (): Promise<Read<RequestFacts<Facts>>> => {
    const now = ledger.now();
    const [facts, earlier] = await Promise.all([
      decider.read(now),
      readTransaction(ledger, pk, txnId),
    ]);
    return { facts: { facts, outcome: earlier && (await committed(earlier)) }, now };
  };

  const decide = (
    { facts, outcome: earlier }: RequestFacts<Facts>,
    now: Date,
  ): Attempt<Response> | Done<ReplayResult> | Undecided => {
    if (earlier !== undefined) return { kind: 'done', outcome: earlier };
    const decision = decider.decide(facts, now);
    switch (decision.kind) {
      case 'retry':
        return undecided(decision.why, 'changed');
      case 'refused': {
        // Committed like an acceptance: it may not contradict one that is under way.
        const outcome = decider.refuse(decision.reason);
        return attempt(false, outcome, now, {
          postings: [],
          guards: [recording.notAccepted],
          changes: [],
        });
      }
      case 'accepted': {
        const { transaction, change } = recording.record(decision, now);
        acceptedAs = codeOf(transaction);
        const outcome = decider.respond(transaction);
        const changes = [change, ...decision.changes];
        // A proposal takes no money yet, so nothing is prepared for it.
        const isAccepted = transaction.status !== 'PROPOSED';
        return attempt(isAccepted, outcome, now, { ...decision, changes });
      }
    }
  };
  const attempt = (
    isAccepted: boolean,
    outcome: StoredResponse,
    now: Date,
    effects: Effects,
  ): Attempt<Response> => ({
    kind: 'attempt',
    isAccepted,
    outcome,
    writes: [
      storeResponse(responses, identity, requestId, outcome, now),
      ...post([{ ...effects, txnId, name: 'accept' }]),
    ],
  });

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
      prepare: ({ facts }, now) => decider.prepare(facts, now),
      decide,
      lost: async (by) =>
        by === 'response' || by === 'transaction'
          ? committed(await readTransaction(ledger, pk, txnId))
          : undefined,
    });
    if (result.kind === 'undecided') {
      count('RequestsGivenUp');
      const { by, met, tries } = result;
      // Only an earlier copy of this very request can hold these two rows.
      const isCopy = met !== 'throttled' && (by === 'response' || by === 'transaction');
      return decider.refuse(isCopy ? 'request_in_progress' : 'busy', tries);
    }
    const { outcome } = result;
    if (outcome !== 'key_reused' && outcome.replayed !== true) {
      log('money', outcome.status < 400 ? acceptedAs : 'TRANSACTION_REFUSED', {
        request_id: requestId,
        operation: decider.name,
        txn: txnId,
        status: outcome.status,
      });
    }
    return outcome;
  });
}

const codeOf = ({ status, proposal }: Transaction): LogCode => {
  if (status === 'PROPOSED') return 'TRANSACTION_PROPOSED';
  return proposal === undefined ? 'TRANSACTION_ACCEPTED' : 'PROPOSAL_CONFIRMED';
};
