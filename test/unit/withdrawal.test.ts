import { describe, expect, it } from '@jest/globals';
import type { Merchant } from '../../lambdas/domain/merchant.ts';
import { minor } from '../../lambdas/domain/money.ts';
import {
  type AcceptedWithdrawal,
  decideWithdrawal,
  type PoolOffer,
} from '../../lambdas/domain/withdrawal.ts';
import { aCreditLine, aMerchant, USD } from '../support/paper-ledger.ts';

/** 20 November in UTC, the 21st in Tehran. */
const NOW = new Date('2026-11-20T21:30:00.000Z');
const SHARES: PoolOffer = {
  kind: 'shares',
  shares: [
    { shard: 'ROOT', amount: minor(20n) },
    { shard: '3', amount: minor(10n) },
  ],
};
const SHORT: PoolOffer = { kind: 'short' };
const order = { amount: minor(30n), currency: USD };

type Line = readonly [limit: bigint, utilised: bigint] | undefined;
const facts = (status: Merchant['status'] | undefined, line: Line, pool: PoolOffer) => ({
  merchant: status && aMerchant({ status }),
  credit: line && aCreditLine(...line),
  pool,
});

describe('CR-2: a withdrawal on credit is decided in this order', () => {
  it.each([
    // merchant   limit, utilised  pool    answer
    [undefined, undefined, SHORT, 'not_a_merchant'],
    ['PENDING', undefined, SHORT, 'merchant_not_approved'],
    ['REJECTED', undefined, SHORT, 'merchant_not_approved'],
    ['SUSPENDED', [0n, 0n], SHORT, 'merchant_suspended'],
    ['ARCHIVED', [0n, 0n], SHORT, 'merchant_archived'],
    ['ACTIVE', undefined, SHORT, 'no_credit_line'],
    ['ACTIVE', [29n, 0n], SHORT, 'insufficient_credit'],
    ['ACTIVE', [100n, 71n], SHORT, 'insufficient_credit'],
    ['ACTIVE', [20n, 60n], SHARES, 'insufficient_credit'],
    ['ACTIVE', [30n, 0n], SHORT, 'insufficient_pool'],
    ['ACTIVE', [30n, 0n], SHARES, 'accepted'],
    ['ACTIVE', [100n, 70n], SHARES, 'accepted'],
  ] as const)('%s merchant, [limit, utilised] %p, pool %j: %s', (status, line, pool, answer) => {
    const decision = decideWithdrawal(facts(status, line, pool), order, NOW);
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });
});

describe('an accepted withdrawal', () => {
  const accepted = (): AcceptedWithdrawal => {
    const decision = decideWithdrawal(facts('ACTIVE', [100n, 40n], SHARES), order, NOW);
    if (decision.kind === 'refused') throw new Error(decision.reason);
    return decision;
  };

  it('CR-2: uses up the credit it was decided on, and the pool’s shares that were offered', () => {
    const { credit, utilisedAfter, shares, merchant } = accepted();
    expect([credit.seq, merchant.seq, utilisedAfter]).toEqual([3n, 7n, 70n]);
    expect(shares).toEqual(SHARES.kind === 'shares' && SHARES.shares);
  });

  it('WD-1: is pending, goes to the account of that moment, and remembers where it came from', () => {
    expect(accepted().transaction).toEqual({
      type: 'withdrawal',
      status: 'PENDING',
      source: 'credit',
      amount: 30n,
      currency: 'USD',
      merchantId: 'm1',
      destination: 'IR-1',
      createdAt: NOW.toISOString(),
      at: { PENDING: NOW.toISOString() },
      phases: [
        {
          name: 'accept',
          at: NOW.toISOString(),
          postings: { pool: -30n, clearing: 30n, credit: 30n, lent: -30n },
        },
      ],
      shares: [
        { shard: 'ROOT', amount: 20n },
        { shard: '3', amount: 10n },
      ],
      limitDay: '2026-11-21',
      limitMonth: '2026-11',
      attempt: 0n,
      due: '2026-11-20T21:45:00.000Z',
    });
  });

  it('CR-5: counts on the merchant’s own local day', () => {
    expect(accepted().spent).toEqual({
      day: '2026-11-21',
      dayAmount: 30n,
      month: '2026-11',
      monthAmount: 30n,
    });
  });
});
