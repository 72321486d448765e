import type { Accepted, Refusal } from './decision.ts';
import type { ReplayResult } from './idempotency.ts';
import type { RequestIdentity } from './request-identity.ts';
import type { StoredResponse } from './responses.ts';
import type { Change, Guard } from './row-writes.ts';
import { confirmProposal, stillProposed } from './rows/proposals.ts';
import { createTransaction, noTransaction, stamp } from './rows/transactions.ts';
import type { ProposedTransaction, Transaction } from './transactions.ts';

/** How an accepted request gets into its transaction row. */
export type Recording = {
  /** What a row that is already there means for the request; undefined where it is still to be decided. */
  readonly outcomeOf: (row: Transaction) => ReplayResult | undefined;
  readonly record: (
    accepted: Accepted,
    now: Date,
  ) => { readonly transaction: Transaction; readonly change: Change };
  /** Holds until the request is accepted: a refusal is committed with it. */
  readonly notAccepted: Guard;
};

type Responder = {
  readonly respond: (transaction: Transaction) => StoredResponse;
  readonly refuse: (refusal: Refusal) => StoredResponse;
};

/** The request creates the row. */
export const creating = ({ respond }: Responder, identity: RequestIdentity): Recording => ({
  outcomeOf: (row) =>
    row.requestHash === identity.hash ? { ...respond(row), replayed: true } : 'key_reused',
  record: (accepted, now) => {
    const transaction = stamp(accepted, identity, now, 'accept');
    return { transaction, change: createTransaction(transaction) };
  },
  notAccepted: noTransaction(identity.pk, identity.txnId),
});

/** The request confirms what another admin has proposed: the row keeps its id, its admin and its history. */
export const confirming = (
  { respond, refuse }: Responder,
  proposed: ProposedTransaction,
  admin: string,
): Recording => ({
  outcomeOf: (row) => {
    if (row.status === 'PROPOSED') return undefined;
    return row.proposal?.confirmedBy === admin
      ? { ...respond(row), replayed: true }
      : refuse('transaction_not_proposed');
  },
  record: (accepted, now) => {
    const request = { ...proposed, hash: proposed.requestHash };
    const stamped = stamp(accepted, request, now, 'accept');
    const transaction = {
      ...stamped,
      at: { ...proposed.at, ...stamped.at },
      proposal: { ...proposed.proposal, confirmedBy: admin },
    };
    return { transaction, change: confirmProposal(proposed, transaction, admin, now) };
  },
  notAccepted: stillProposed(proposed),
});
