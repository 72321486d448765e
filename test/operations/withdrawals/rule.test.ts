import { describe, expect, it } from '@jest/globals';
import type { Merchant } from '../../../lambdas/ledger/merchant.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import {
  type AcceptedWithdrawal,
  decideWithdrawal,
  type PoolOffer,
} from '../../../lambdas/operations/withdrawals/rule.ts';
import { aCreditLine, aMerchant, aWallet, USD } from '../../harness/in-memory-ledger.ts';

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
const order = { amount: minor(30n), currency: USD, source: 'credit' as const };

const fromWallet = { ...order, source: 'wallet' as const };

type Line = readonly [limit: bigint, utilised: bigint] | undefined;
const facts = (status: Merchant['status'] | undefined, line: Line, pool: PoolOffer) => ({
  merchant: status && aMerchant({ status }),
  funds: { source: 'credit' as const, credit: line && aCreditLine(...line), pool },
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

describe('WD-1: a withdrawal from the wallet is decided in this order', () => {
  it.each([
    // merchant  wallet     answer
    ['PENDING', undefined, 'merchant_not_approved'],
    ['SUSPENDED', 30n, 'merchant_suspended'],
    ['ACTIVE', undefined, 'wallet_not_found'],
    ['ACTIVE', 29n, 'insufficient_funds'],
    ['ACTIVE', 30n, 'accepted'],
  ] as const)('%s merchant, wallet holding %s: %s', (status, available, answer) => {
    const wallet = available === undefined ? undefined : aWallet(available);
    const funds = { source: 'wallet', wallet, matured: [] } as const;
    const decision = decideWithdrawal({ merchant: aMerchant({ status }), funds }, fromWallet, NOW);
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
    if (decision.kind === 'refused') return;
    expect(decision.execution?.draw).toEqual({ source: 'wallet', folds: [] });
    expect(decision.transaction).toMatchObject({
      source: 'wallet',
      phases: [{ name: 'accept', postings: { wallet: -30n, clearing: 30n } }],
    });
    expect(decision.transaction).not.toHaveProperty('shares');
  });
});

describe('an accepted withdrawal', () => {
  const accepted = (): AcceptedWithdrawal => {
    const decision = decideWithdrawal(facts('ACTIVE', [100n, 40n], SHARES), order, NOW);
    if (decision.kind === 'refused') throw new Error(decision.reason);
    return decision;
  };
  const executed = () => {
    const { execution } = accepted();
    if (execution === undefined) throw new Error('nothing was done');
    return execution;
  };

  it('CR-2: uses up the credit it was decided on, and the pool’s shares that were offered', () => {
    const { draw, merchant } = executed();
    expect(merchant.seq).toBe(7n);
    expect(draw).toMatchObject({
      source: 'credit',
      credit: { seq: 3n },
      utilisedAfter: 70n,
      shares: SHARES.kind === 'shares' && SHARES.shares,
    });
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
    expect(executed().spent).toEqual({
      day: '2026-11-21',
      dayAmount: 30n,
      month: '2026-11',
      monthAmount: 30n,
    });
  });
});
