import { describe, expect, it } from '@jest/globals';
import { countSpending } from '../../../lambdas/ledger/counters.ts';
import { activeOnTerms, type Merchant } from '../../../lambdas/ledger/merchant.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { releaseFunds } from '../../../lambdas/ledger/pending-releases.ts';
import type { PoolOffer } from '../../../lambdas/ledger/pool/pool.ts';
import {
  credit,
  poolAvailable,
  poolLent,
  postingsIn,
  system,
  walletAvailable,
} from '../../../lambdas/ledger/postings.ts';
import {
  decideWithdrawal,
  type WithdrawalFacts,
} from '../../../lambdas/operations/withdrawals/rule.ts';
import { aCreditLine, aMerchant, aWallet, USD } from '../../harness/in-memory-ledger.ts';

/** 20 November in UTC, the 21st in Tehran. */
const NOW = new Date('2026-11-20T21:30:00.000Z');
const LABELS = { day: '2026-11-21', month: '2026-11' };
const SHARES = [
  { shard: 'ROOT', amount: minor(20n) },
  { shard: '3', amount: minor(10n) },
];
const POOLS = {
  pays: { kind: 'shares', shares: SHARES },
  short: { kind: 'short' },
  unclear: { kind: 'retry' },
} as const satisfies Record<string, PoolOffer>;
const order = {
  amount: minor(30n),
  currency: USD,
  source: 'credit' as const,
  checkMarginMs: 900_000,
};
const fromWallet = { ...order, source: 'wallet' as const, checkMarginMs: 900_000 };

type Line = readonly [limit: bigint, utilised: bigint] | undefined;
const facts = (
  status: Merchant['status'] | undefined,
  line: Line,
  pool: keyof typeof POOLS,
): WithdrawalFacts => ({
  merchant: status && aMerchant({ status }),
  funds: { source: 'credit', line: line && aCreditLine(...line), pool: POOLS[pool] },
});

describe('CR-2: a withdrawal on credit is decided in this order', () => {
  it.each([
    // merchant   limit, utilised  pool    answer
    [undefined, undefined, 'short', 'not_a_merchant'],
    ['PENDING', undefined, 'short', 'merchant_not_approved'],
    ['REJECTED', undefined, 'short', 'merchant_not_approved'],
    ['SUSPENDED', [0n, 0n], 'short', 'merchant_suspended'],
    ['ARCHIVED', [0n, 0n], 'short', 'merchant_archived'],
    ['ACTIVE', undefined, 'short', 'no_credit_line'],
    ['ACTIVE', [29n, 0n], 'short', 'insufficient_credit'],
    ['ACTIVE', [29n, 0n], 'unclear', 'insufficient_credit'],
    ['ACTIVE', [100n, 71n], 'short', 'insufficient_credit'],
    ['ACTIVE', [20n, 60n], 'pays', 'insufficient_credit'],
    ['ACTIVE', [30n, 0n], 'short', 'insufficient_pool'],
    ['ACTIVE', [30n, 0n], 'unclear', 'retry'],
    ['ACTIVE', [30n, 0n], 'pays', 'accepted'],
    ['ACTIVE', [100n, 70n], 'pays', 'accepted'],
  ] as const)('%s merchant, [limit, utilised] %p, pool %s: %s', (status, line, pool, answer) => {
    const decision = decideWithdrawal(facts(status, line, pool), order, NOW);
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });
});

describe('WD-1: a withdrawal from the wallet is decided in this order', () => {
  it.each([
    // merchant  wallet     answer
    [undefined, undefined, 'not_a_merchant'],
    ['PENDING', undefined, 'merchant_not_approved'],
    ['SUSPENDED', 30n, 'merchant_suspended'],
    ['ARCHIVED', 0n, 'merchant_archived'],
    ['ACTIVE', undefined, 'wallet_not_found'],
    ['ACTIVE', 29n, 'insufficient_funds'],
    ['ACTIVE', 30n, 'accepted'],
  ] as const)('%s merchant, wallet with %s: %s', (status, available, answer) => {
    const wallet = available === undefined ? undefined : aWallet(available);
    const funds = { source: 'wallet', wallet, matured: [] } as const;
    const merchant = status && aMerchant({ status });
    const decision = decideWithdrawal({ merchant, funds }, fromWallet, NOW);
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });
});

describe('an accepted withdrawal', () => {
  const merchant = aMerchant();
  const transaction = {
    type: 'withdrawal',
    status: 'PENDING',
    amount: 30n,
    currency: 'USD',
    merchantId: 'm1',
    payout: { provider: 'bank', destination: 'IR-1', attempt: 0n },
    limitDay: '2026-11-21',
    limitMonth: '2026-11',
    nextCheckAt: '2026-11-20T21:45:00.000Z',
  };

  it('CR-2: draws on the credit line that was read and on the shares that the pool offered', () => {
    expect(decideWithdrawal(facts('ACTIVE', [100n, 40n], 'pays'), order, NOW)).toEqual({
      kind: 'accepted',
      transaction: { ...transaction, source: 'credit' },
      postings: postingsIn(
        USD,
        [poolAvailable(SHARES), system('clearing'), minor(30n)],
        [poolLent(SHARES), credit('m1', minor(100n)), minor(30n)],
      ),
      guards: [activeOnTerms(merchant)],
      changes: [countSpending(merchant, USD, minor(30n), LABELS)],
    });
  });

  it('WD-1: takes its amount from the wallet', () => {
    const funds = { source: 'wallet', wallet: aWallet(30n), matured: [] } as const;
    expect(decideWithdrawal({ merchant, funds }, fromWallet, NOW)).toEqual({
      kind: 'accepted',
      transaction: { ...transaction, source: 'wallet' },
      postings: postingsIn(USD, [walletAvailable('m1'), system('clearing'), minor(30n)]),
      guards: [activeOnTerms(merchant)],
      changes: [countSpending(merchant, USD, minor(30n), LABELS)],
    });
  });

  it('WA-3: releases the matured funds that it needs from the wallet', () => {
    const matured = [7n, 9n, 11n].map((amount) => ({
      depositId: `D${amount}`,
      currency: USD,
      amount: minor(amount),
      releaseAt: '2026-11-20T11:00:00.000Z',
    }));
    const released = releaseFunds('m1', USD, matured.slice(0, 2));
    const funds = { source: 'wallet', wallet: aWallet(14n), matured } as const;
    expect(decideWithdrawal({ merchant, funds }, fromWallet, NOW)).toMatchObject({
      postings: [
        ...released.postings,
        ...postingsIn(USD, [walletAvailable('m1'), system('clearing'), minor(30n)]),
      ],
      changes: [countSpending(merchant, USD, minor(30n), LABELS), ...released.changes],
    });
  });

  it('CR-5: counts on the merchant’s own local day and month', () => {
    const decision = decideWithdrawal(facts('ACTIVE', [100n, 40n], 'pays'), order, NOW);
    expect(decision).toMatchObject({
      changes: [
        {
          row: { kind: 'merchant', merchantId: 'm1' },
          set: {
            'spent.USD': {
              day: '2026-11-21',
              dayAmount: 30n,
              month: '2026-11',
              monthAmount: 30n,
            },
          },
        },
      ],
    });
  });
});
