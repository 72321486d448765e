import type { AmountLimits } from '../ledger/amount-limits.ts';
import { refused } from '../ledger/decision.ts';
import { formatAmount } from '../ledger/money.ts';
import type { Decider } from '../ledger/request-run.ts';
import { type Order, propose, reconsider } from '../ledger/second-admin.ts';
import {
  type NewTransaction,
  type ProposedTransaction,
  wasProposed,
} from '../ledger/transactions.ts';
import { type SuccessWith, withAnnotations } from './annotations.ts';
import type { RawInput } from './endpoint.ts';
import { success } from './response.ts';

/** What the operation's own schema parses again at a confirmation. */
export const storedInput = ({ params, query, body }: Omit<RawInput, 'key'>): string =>
  JSON.stringify({ params, query, body });

/** The decider of an operation for one admin: above the limit it proposes what it would accept. */
export const proposing = <Facts>(
  decider: Decider<Facts, NewTransaction>,
  limits: AmountLimits,
  order: Order,
): Decider<Facts, NewTransaction> => ({
  ...decider,
  decide: (facts, now) => propose(decider.decide(facts, now), limits, order, now),
  respond: (row) =>
    wasProposed(row) ? success(withAnnotations(proposalResponse(row), row)) : decider.respond(row),
});

/** The same for a second admin: it decides again what was proposed. */
export const reconsidering = <Facts>(
  decider: Decider<Facts, NewTransaction>,
  proposed: ProposedTransaction,
  admin: string,
): Decider<Facts, NewTransaction> => ({
  ...decider,
  decide: (facts, now) => reconsider(proposed, admin, decider.decide(facts, now), now),
});

/** A deployment no longer takes the input that was stored. */
export const OUTDATED: Pick<Decider<undefined, never>, 'read' | 'prepare' | 'decide'> = {
  read: async () => undefined,
  prepare: async () => false,
  decide: () => refused('proposal_outdated'),
};

/** The response to the admin who proposed it: of what never changes in the row, confirmed or not. */
const proposalResponse = (row: ProposedTransaction): SuccessWith<object> => ({
  status: 202,
  message: {
    en: 'The operation is proposed. Another administrator has to confirm it within 24 hours.',
    fa: 'عملیات پیشنهاد شد. مدیر دیگری باید آن را ظرف ۲۴ ساعت تأیید کند.',
  },
  data: {
    id: row.txnId,
    type: row.type,
    status: 'PROPOSED',
    ...('merchantId' in row && { merchant_id: row.merchantId }),
    amount: formatAmount(row.amount, row.currency),
    currency: row.currency,
    proposed_by: row.proposal.by,
    proposed_at: row.at.PROPOSED,
    expires_at: row.proposal.expiresAt,
  },
});
