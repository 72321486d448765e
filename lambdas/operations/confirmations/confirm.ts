import * as z from 'zod';
import { byId, noBody, nothing } from '../../http/fields.ts';
import { type Operation, operation } from '../../http/operation.ts';
import { failure } from '../../http/response.ts';
import { findTransaction } from '../../ledger/rows/transactions.ts';
import { wasProposed } from '../../ledger/transactions.ts';

const NAME = 'confirmation';

/**
 * Carries out what another admin has proposed, as the rule of its operation decides now (ID-8). The response
 * is that operation's. Refuses: transaction_not_found, transaction_not_proposed, second_admin_needed,
 * proposal_expired, proposal_outdated, and what the operation refuses; the proposal then stays.
 */
export const confirmTransaction = (
  proposing: readonly Pick<Operation, 'name' | 'grants' | 'confirm'>[],
) =>
  operation({
    name: NAME,
    route: 'POST /admin/transactions/{id}/confirm',
    access: 'admin',
    location: '/admin/transactions/{id}',
    // It carries out any of them, each by itself.
    grants: [
      ...new Set(proposing.flatMap(({ grants }) => grants).filter((each) => each !== 'hand-over')),
      { query: 'byId' },
    ],
    input: () => z.object({ params: byId, query: nothing, body: noBody }),
    handle: async ({ params: { id } }, call, context) => {
      const row = await findTransaction(context.ledger, id);
      if (row === undefined) return failure('transaction_not_found', call.id);
      if (!wasProposed(row)) return failure('transaction_not_proposed', call.id);
      const proposed = proposing.find(({ name }) => name === row.proposal.operation);
      if (proposed?.confirm === undefined) return failure('proposal_outdated', call.id);
      return proposed.confirm(context)(row, NAME, call);
    },
  });
