import { describe, expect, it } from '@jest/globals';
import { MERCHANT_STATUSES } from '../../../lambdas/ledger/merchant.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { decideApproval } from '../../../lambdas/operations/merchants/approve-rule.ts';
import { decideTopUp } from '../../../lambdas/operations/pools/rule.ts';
import { aMerchant, USD } from '../../harness/in-memory-ledger.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const approval = { limit: minor(500_00n), currency: USD };

describe('ID-2: a merchant is approved once, while it is pending', () => {
  const TABLE = [
    [undefined, 'merchant_not_found'],
    ['PENDING', 'accepted'],
    ['ACTIVE', 'merchant_already_approved'],
    ['SUSPENDED', 'merchant_already_approved'],
    ['ARCHIVED', 'merchant_already_approved'],
    ['REJECTED', 'merchant_rejected'],
  ] as const;

  it.each(TABLE)('a merchant that is %s: %s', (status, answer) => {
    const merchant = status && aMerchant({ status });
    const decision = decideApproval(merchant, approval, NOW);
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });

  it('the table above has every status', () => {
    expect(TABLE.flatMap(([status]) => status ?? []).toSorted()).toEqual(
      [...MERCHANT_STATUSES].toSorted(),
    );
  });

  it('an approval promises a limit and moves no money', () => {
    expect(decideApproval(aMerchant({ status: 'PENDING' }), approval, NOW)).toMatchObject({
      merchant: { id: 'm1', seq: 7n },
      transaction: {
        type: 'approval',
        status: 'SUCCEEDED',
        amount: 500_00n,
        merchantId: 'm1',
        phases: [{ name: 'accept', postings: {} }],
      },
    });
  });
});

it('CR-1: a top-up is final at once and posts what the owner paid in', () => {
  const { transaction } = decideTopUp({ amount: minor(700n), currency: USD }, NOW);
  expect(transaction).toEqual({
    type: 'top_up',
    status: 'SUCCEEDED',
    amount: 700n,
    currency: 'USD',
    createdAt: NOW.toISOString(),
    at: { SUCCEEDED: NOW.toISOString() },
    phases: [{ name: 'accept', at: NOW.toISOString(), postings: { funding: -700n, pool: 700n } }],
  });
});
