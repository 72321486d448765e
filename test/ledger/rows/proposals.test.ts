import { describe, expect, it } from '@jest/globals';
import { applyWrites, type Rows } from '../../../lambdas/ledger/apply.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { post } from '../../../lambdas/ledger/post.ts';
import { storePhase } from '../../../lambdas/ledger/postings.ts';
import type { Change } from '../../../lambdas/ledger/row-writes.ts';
import { confirmProposal, stillProposed } from '../../../lambdas/ledger/rows/proposals.ts';
import { createTransaction } from '../../../lambdas/ledger/rows/transactions.ts';
import type { ProposedTransaction, Transaction } from '../../../lambdas/ledger/transactions.ts';
import { USD } from '../../harness/in-memory-ledger.ts';

const proposed: ProposedTransaction = {
  type: 'deposit',
  status: 'PROPOSED',
  pk: 'M#m1',
  txnId: 'T1',
  merchantId: 'm1',
  amount: minor(1000_01n),
  currency: USD,
  createdAt: '2026-11-20T12:00:00.000Z',
  releaseAt: '2026-11-20T15:00:00.000Z',
  requestHash: 'h1',
  admin: 'alice',
  phases: [],
  at: { PROPOSED: '2026-11-20T12:00:00.000Z' },
  proposal: {
    operation: 'deposit',
    input: '{}',
    by: 'alice',
    expiresAt: '2026-11-21T12:00:00.000Z',
  },
};
const LATER = new Date('2026-11-20T18:00:00.000Z');
const { releaseAt: _past, ...immediate } = proposed;
const confirmed: Transaction = {
  ...immediate,
  status: 'SUCCEEDED',
  createdAt: LATER.toISOString(),
  at: { ...proposed.at, SUCCEEDED: LATER.toISOString() },
  phases: [storePhase('accept', LATER.toISOString(), [], proposed)],
  proposal: { ...proposed.proposal, confirmedBy: 'bob' },
};

const applied = (rows: Rows, change: Change) => {
  const effects = { postings: [], guards: [], changes: [change] };
  return applyWrites(rows, post([{ ...effects, txnId: 'T1', name: 'accept' }]));
};
const stored = (row: Transaction): Rows => {
  const result = applied(new Map(), createTransaction(row));
  if (result.kind !== 'committed') throw new Error(result.condition.must);
  return result.rows;
};

/** The rule has checked all of it already. The row checks it again, whatever else the code does. */
describe('ID-8: the row of a proposal', () => {
  it('becomes the confirmed transaction: nothing of the proposal stays that does not belong', () => {
    const result = applied(stored(proposed), confirmProposal(proposed, confirmed, 'bob', LATER));
    expect(result).toEqual({ kind: 'committed', rows: stored(confirmed) });
  });

  it.each<[string, Transaction, string, string, string]>([
    ['of a deposit that is not proposed', { ...proposed, status: 'SUCCEEDED' }, 'bob', '', 'equal'],
    ['that another admin confirmed', confirmed, 'carol', '', 'equal'],
    ['that the same admin proposed', proposed, 'alice', '', 'differ'],
    ['of 24 hours ago', proposed, 'bob', '2026-11-21T12:00:00.000Z', 'be after'],
  ])('%s is not confirmed', (_, row, admin, now, must) => {
    const change = confirmProposal(proposed, confirmed, admin, now === '' ? LATER : new Date(now));
    expect(applied(stored(row), change)).toMatchObject({
      kind: 'refused',
      by: 'transaction',
      condition: { must },
    });
  });

  it('lets a refusal be committed only while it is proposed', () => {
    const guard = stillProposed(proposed);
    expect(applied(stored(proposed), guard).kind).toBe('committed');
    expect(applied(stored(confirmed), guard).kind).toBe('refused');
  });
});
