import { type LogCode, log } from '../platform/logger.ts';
import { type Undecided, undecided } from '../platform/retry.ts';
import type { LedgerContext } from './context.ts';
import type { Decision, Effects, Refusal } from './decision.ts';
import type { ReplayResult, Response } from './idempotency.ts';
import { post } from './post.ts';
import { creating, type Recording } from './recording.ts';
import type { RequestIdentity } from './request-identity.ts';
import {
  type ResponseRow,
  type ResponseStore,
  readResponse,
  type StoredResponse,
  storeResponse,
} from './responses.ts';
import { readTransaction } from './rows/transactions.ts';
import type { NewTransaction, Transaction } from './transactions.ts';
import type { Attempt, DecisionRun } from './until-committed.ts';

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
  readonly refuse: (refusal: Refusal, tries?: number) => StoredResponse;
};

export type Stores = { readonly ledger: LedgerContext; readonly responses: ResponseStore };

export type RequestOptions = {
  readonly requestId: string;
  /** How an acceptance gets into its row; the request creates it unless said otherwise. */
  readonly recording?: Recording | undefined;
};

/**
 * The decision of one request, exactly once for its identity: two conditions in the one transaction, on the
 * response and on the transaction row, let exactly one request win. There is no lock.
 */
export function requestRun<Facts, New extends NewTransaction>(
  { ledger, responses }: Stores,
  decider: Decider<Facts, New>,
  identity: RequestIdentity,
  { requestId, recording = creating(decider, identity) }: RequestOptions,
): DecisionRun<ReplayResult> {
  const { pk, txnId, responseId } = identity;

  /** What the last acceptance was, which may be committed although its answer was lost. */
  let acceptedAs: LogCode = 'TRANSACTION_ACCEPTED';

  const logged = (outcome: ReplayResult): void => {
    if (outcome === 'key_reused' || outcome.replayed === true) return;
    log('money', outcome.status < 400 ? acceptedAs : 'TRANSACTION_REFUSED', {
      request_id: requestId,
      operation: decider.name,
      txn: txnId,
      status: outcome.status,
    });
  };

  /** From the stored response, else from the transaction row, where that one was stored earlier. */
  const committed = async (transaction: Transaction | undefined) => {
    const stored = await readResponse(responses, responseId);
    if (stored === undefined) return transaction && recording.outcomeOf(transaction);
    return outcomeOf(stored, identity, requestId);
  };

  const decide = (facts: Facts, now: Date): Attempt<Response> | Undecided => {
    const decision = decider.decide(facts, now);
    switch (decision.kind) {
      case 'retry':
        return undecided(decision.why, 'changed');
      case 'refused': {
        // Committed like an acceptance: it may not contradict one that is under way.
        const outcome = decider.refuse(decision);
        return attempt(false, outcome, now, {
          postings: [],
          guards: [recording.notAccepted, ...(decision.guards ?? [])],
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
    committed: () => logged(outcome),
    writes: [
      storeResponse(responses, identity, requestId, outcome, now),
      ...post([{ ...effects, txnId, name: 'accept' }]),
    ],
  });

  return {
    read: async (now) => {
      const [facts, earlier] = await Promise.all([
        decider.read(now),
        readTransaction(ledger, pk, txnId),
      ]);
      const outcome = earlier && (await committed(earlier));
      return {
        decide: () =>
          outcome === undefined
            ? decide(facts, now)
            : { kind: 'done', outcome, committed: () => logged(outcome) },
        prepare: () => decider.prepare(facts, now),
      };
    },
    lost: async (result) => {
      if (result.kind !== 'refused' || !OF_REQUEST.has(result.by)) return undefined;
      const outcome = await committed(await readTransaction(ledger, pk, txnId));
      if (outcome !== undefined) logged(outcome);
      return outcome;
    },
  };
}

/** Only an earlier copy of the same request writes these rows. */
export const OF_REQUEST: ReadonlySet<string> = new Set(['response', 'transaction']);

/** A stored response as this request returns it. */
export const outcomeOf = (
  { status, body, ...stored }: ResponseRow,
  { hash }: RequestIdentity,
  requestId: string,
): ReplayResult =>
  stored.requestHash === hash
    ? { status, body, ...(stored.requestId !== requestId && { replayed: true }) }
    : 'key_reused';

const codeOf = ({ status, proposal }: Transaction): LogCode => {
  if (status === 'PROPOSED') return 'TRANSACTION_PROPOSED';
  return proposal === undefined ? 'TRANSACTION_ACCEPTED' : 'PROPOSAL_CONFIRMED';
};
